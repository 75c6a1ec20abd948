// Two tests that fail in Jest: one at its end, and one by an error of its own.
import { test } from "@jest/globals";
import { withGateway } from "ainative-mockserver/jest";
import { ask } from "./ask.mjs";

test(
  "fails at its end",
  withGateway(async (gateway) => {
    await gateway.turn({ when: { last: "tool_result" }, reply: "a" });
    await ask(gateway, "a stray question");
  }),
);

test(
  "fails itself",
  withGateway(async (gateway) => {
    await ask(gateway, "what was asked");
    throw new Error("an error of its own");
  }),
);
