/** `withGateway` for Jest, which passes nothing to a test: the name of the test comes from `expect`. */

import { afterAll, expect } from "@jest/globals";
import type { Gateway, GatewayOptions } from "./gateway.js";
import { stopServers } from "./server.js";
import { withGateway as forAnyRunner } from "./with-gateway.js";

type JestBody = (gateway: Gateway) => unknown;

/** Return a test's function that has a gateway of its own: `test("…", withGateway(async (gateway) => { … }))`. */
export function withGateway(...given: [JestBody] | [GatewayOptions, JestBody]): () => Promise<void> {
  const [options, body] = given.length === 1 ? [{}, given[0]] : given;
  return () => forAnyRunner<[]>({ label: expect.getState().currentTestName, ...options }, body)();
}

afterAll(stopServers);
