/** A `test` for Vitest with the fixture `gateway`. `test.override({ gatewayOptions: { … } })` sets its options. */

import { afterAll, test as base } from "vitest";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.js";
import { stopServers } from "./server.js";
import { finish } from "./with-gateway.js";

export interface GatewayFixtures {
  /** A gateway for this test alone. */
  gateway: Gateway;
  /** The options of the gateway. */
  gatewayOptions: GatewayOptions;
}

export const test = base.extend<GatewayFixtures>({
  gatewayOptions: {},
  gateway: async ({ gatewayOptions, task }, use) => {
    const gateway = await startGateway({ label: task.fullName, ...gatewayOptions });
    await use(gateway);
    await finish(gateway, task.result?.state === "fail");
  },
});

export const it = test;

afterAll(stopServers);
