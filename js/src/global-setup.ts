/**
 * One server for all workers of a run, where a runner has a global set-up (Vitest, Jest, Playwright, node:test): it sets
 * `MOCKSERVER_URL`, and the workers join. Without it each worker starts a server of its own.
 */

import { sharedServer, stopServers } from "./server.js";

export default async function setup(): Promise<() => Promise<void>> {
  const server = await sharedServer();
  process.env.MOCKSERVER_URL = server.page;
  return stopServers;
}
