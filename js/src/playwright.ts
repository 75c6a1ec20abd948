/** A `test` for Playwright with the fixture `gateway`. `test.use({ gatewayOptions: { … } })` sets its options. */

import { test as base } from "@playwright/test";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.js";
import { stopServers } from "./server.js";

export interface GatewayFixtures {
  /** A gateway for this test alone. */
  gateway: Gateway;
  /** The options of the gateway. */
  gatewayOptions: GatewayOptions;
}

interface WorkerFixtures {
  /** Stops the server of a worker with its last test. */
  gatewayServer: undefined;
}

export const test = base.extend<GatewayFixtures, WorkerFixtures>({
  gatewayOptions: [{}, { option: true }],
  gatewayServer: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern
    async ({}, use) => {
      await use(undefined);
      await stopServers();
    },
    { scope: "worker" },
  ],
  gateway: async ({ gatewayOptions, gatewayServer: _ }, use, info) => {
    const gateway = await startGateway({ label: info.titlePath.join(" > "), ...gatewayOptions });
    try {
      await use(gateway);
      if (info.status === info.expectedStatus) await gateway.check();
      else await info.attach("gateway", { body: await gateway.failureReport(), contentType: "text/plain" });
    } finally {
      await gateway.close();
    }
  },
});

export { expect } from "@playwright/test";
