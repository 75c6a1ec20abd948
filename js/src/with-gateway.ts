/** A gateway for the time of one test, in any runner: made before it, checked and removed after it. */

import { addReport, ClientError } from "./errors.js";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.js";

/** A test's function. Runners pass it what they pass to every test, after the gateway. */
export type Body<A extends unknown[]> = (gateway: Gateway, ...rest: A) => unknown;

/**
 * Return a test's function that has a gateway of its own:
 *
 *     test("the agent stops at 402", withGateway(async (gateway) => { … }));
 *
 * A test that passes still fails if the gateway finds problems; the error of one that fails gets the timeline.
 */
export function withGateway<A extends unknown[]>(
  ...given: [Body<A>] | [GatewayOptions, Body<A>]
): (...args: A) => Promise<void> {
  const [options, body] = given.length === 1 ? [{}, given[0]] : given;
  return async (...args) => {
    const gateway = await startGateway({ label: labelOf(args[0]), ...options });
    try {
      await body(gateway, ...args);
    } catch (error) {
      addReport(error, await gateway.failureReport());
      await gateway.close();
      throw error;
    }
    await finish(gateway, false);
  };
}

/** Check a gateway at the end of its test, and remove it. A test that has failed gets the report as another error. */
export async function finish(gateway: Gateway, hasFailed: boolean): Promise<void> {
  try {
    if (hasFailed) throw new ClientError(await gateway.failureReport());
    await gateway.check();
  } finally {
    await gateway.close();
  }
}

/** Return the name of the test whose context this is: node:test and Vitest pass one to each test. */
function labelOf(context: unknown): string {
  if (typeof context !== "object" || context === null) return "";
  if ("fullName" in context) return String(context.fullName);
  return "name" in context ? String(context.name) : "";
}
