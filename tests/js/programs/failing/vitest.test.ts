// Two tests that fail in Vitest: one at its end, and one by an error of its own.
import { test } from "ainative-mockserver/vitest";
import { ask } from "./ask.mjs";

test("fails at its end", async ({ gateway }) => {
  await gateway.turn({ when: { last: "tool_result" }, reply: "a" });
  await ask(gateway, "a stray question");
});

test("fails itself", async ({ gateway }) => {
  await ask(gateway, "what was asked");
  throw new Error("an error of its own");
});
