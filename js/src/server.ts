/** The server that the gateways of a process share: started by this process, or joined. */

import { once } from "node:events";
import type { Socket } from "node:net";
import { COMMANDS, type RunningCommand, runFirst } from "./command.js";
import { ControlClient } from "./control.js";
import { GatewayError } from "./errors.js";

export interface ServerOptions {
  /** The mock to join: the link that `mockserver serve` prints, or its address. Default: `MOCKSERVER_URL`. */
  url?: string | undefined;
  /** The token of that mock, where the link has none. Default: `MOCKSERVER_TOKEN`. */
  token?: string | undefined;
  /** The command that runs `mockserver`. Default: `mockserver`, `uvx` or `pipx`, the first that works. */
  command?: readonly string[] | undefined;
}

export interface Server {
  /** The address, the base URL of the Anthropic SDK. */
  readonly url: string;
  /** The link to the mock's page. */
  readonly page: string;
  readonly control: ControlClient;
  /** Stop the server if this process has started it. */
  stop(): Promise<void>;
}

const servers = new Map<string, Promise<Server>>();

/** Return the server of this process with these options. It starts with the first call and stops with the process. */
export function sharedServer(options: ServerOptions = {}): Promise<Server> {
  const { url = process.env.MOCKSERVER_URL, token = process.env.MOCKSERVER_TOKEN, command } = options;
  const name = JSON.stringify([url, token, command]);
  const server = servers.get(name) ?? (url ? join(url, token) : start(command));
  servers.set(name, server);
  server.catch(() => servers.delete(name)); // the next call tries again
  return server;
}

/** Stop the servers that this process has started; the next gateway starts another. */
export async function stopServers(): Promise<void> {
  const running = [...servers.values()];
  servers.clear();
  await Promise.allSettled(running.map(async (server) => (await server).stop()));
}

async function start(command?: readonly string[]): Promise<Server> {
  const { child, greeting } = await runFirst(command ? [command] : COMMANDS);
  release(child);
  const control = new ControlClient(greeting.url, greeting.token);
  return { url: greeting.url, page: greeting.page, control, stop: () => stop(child) };
}

/** Let this process end although the child runs: the child notices, and ends too. */
function release(child: RunningCommand["child"]): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref(); // pipes are sockets
}

async function stop(child: RunningCommand["child"]): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exit = once(child, "exit");
  child.stdin.end();
  await exit;
}

async function join(link: string, given: string | undefined): Promise<Server> {
  if (!URL.canParse(link))
    throw new GatewayError(`${link}: expected a link such as http://127.0.0.1:8000/_mock/?token=…`);
  const { origin, searchParams } = new URL(link);
  const token = searchParams.get("token") ?? given;
  if (!token) {
    throw new GatewayError(
      `${link} has no token: take the link that \`mockserver serve\` prints, or set MOCKSERVER_TOKEN`,
    );
  }
  const control = new ControlClient(origin, token);
  await control.call("get", "/_mock/about");
  return { url: origin, page: `${origin}/_mock/?token=${token}`, control, stop: async () => {} };
}
