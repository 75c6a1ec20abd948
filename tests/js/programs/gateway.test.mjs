// What a gateway does, with the official SDKs: one server, every test with a session of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { startGateway, withGateway } from "ainative-mockserver";
import OpenAI from "openai";

const options = { concurrency: true };

function ask(gateway, content = "Hi") {
  const client = new Anthropic({ ...gateway.anthropic, maxRetries: 0 });
  return client.messages.create({ model: "m", max_tokens: 50, messages: [{ role: "user", content }] });
}

async function said(gateway, content) {
  return (await ask(gateway, content)).content.map((block) => block.text ?? block.thinking ?? block.name).join(" ");
}

test("turns", options, async (t) => {
  await t.test(
    "without one, requests get a default answer",
    withGateway(async (gateway) => {
      assert.ok(await said(gateway));
    }),
  );

  await t.test(
    "every kind of reply is played in order",
    withGateway(async (gateway) => {
      await gateway.reply("a").thinking("b", "c").toolUse("d", { e: 1 }).json({ f: 2 }).refuse("g", { times: 2 });
      const texts = [];
      for (let number = 0; number < 6; number += 1) texts.push(await said(gateway));
      assert.deepEqual(texts, ["a", "b c", "d", '{"f":2}', "g", "g"]);
    }),
  );

  await t.test(
    "a later call continues after what was played",
    withGateway(async (gateway) => {
      await gateway.reply("first");
      assert.equal(await said(gateway), "first");
      await gateway.reply("second");
      assert.equal(await said(gateway), "second");
    }),
  );

  await t.test(
    "a scenario comes by name, as text and as an object, and can grow",
    withGateway(async (gateway) => {
      await gateway.scenario("greeting");
      assert.equal(await said(gateway), "Hello! How can I help you today?");
      await gateway.scenario("scenario: mine\nturns:\n  - reply: from text\n");
      await gateway.reply("more");
      assert.deepEqual([await said(gateway), await said(gateway)], ["from text", "more"]);
      await gateway.scenario({ scenario: "mine", turns: [{ reply: "an object" }] });
      assert.equal(await said(gateway), "an object");
    }),
  );

  await t.test(
    "errors reach both SDKs",
    withGateway(async (gateway) => {
      await gateway.error(402).error(429, { retryAfter: 7 });
      await assert.rejects(ask(gateway), { status: 402 });
      const client = new OpenAI({ ...gateway.openai, maxRetries: 0 });
      const request = client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "Hi" }] });
      await assert.rejects(request, (error) => error.status === 429 && error.headers.get("retry-after") === "7");
    }),
  );

  await t.test(
    "a mistake is thrown where the chain is awaited, with the line of the test",
    withGateway(async (gateway) => {
      const mistakes = [
        [() => gateway.reply("a").fault("rset"), /did you mean 'reset'/],
        [() => gateway.turn({ when: { lst: "user" }, reply: "a" }), /did you mean 'last'/],
        [() => gateway.fault("reset"), /call gateway.reply/],
        [() => gateway.scenario("greting"), /did you mean 'greeting'/],
        [() => gateway.scenario("scenario: a\nturns:\n  - {rply: a}\n"), /line 3: .*did you mean 'reply'/],
        [() => gateway.chaos("flaki"), /did you mean 'flaky'/],
      ];
      for (const [call, message] of mistakes)
        await assert.rejects(async () => call(), { name: "GatewayError", message });
      await assert.rejects(
        async () => gateway.reply("a").fault("rset"),
        (error) => error.stack.includes("gateway.test.mjs"),
      );
    }),
  );
});

test("chaos draws the same in every run, and ends", options, async () => {
  const runs = [];
  for (const _ of [1, 2]) {
    const gateway = await startGateway({
      label: "chaos",
      seed: 7,
      chaos: { rules: [{ probability: "50%", error: { status: 503 } }] },
    });
    const statuses = [];
    for (let number = 0; number < 12; number += 1) {
      statuses.push(
        await ask(gateway).then(
          () => 200,
          (error) => error.status,
        ),
      );
    }
    runs.push(statuses);
    await gateway.chaos(null);
    await ask(gateway);
    await gateway.close();
  }
  assert.deepEqual(runs[0], runs[1]);
  assert.equal(new Set(runs[0]).size, 2);
});

test("the session", options, async (t) => {
  await t.test(
    "has an account and a clock",
    withGateway({ account: { credits: 3, limits: { requests: 1, per: "1h" } } }, async (gateway) => {
      await ask(gateway);
      await assert.rejects(ask(gateway), { status: 429 });
      await gateway.clock.advance("1h");
      await ask(gateway);
      assert.equal(await gateway.account.drain(), 0);
      await assert.rejects(ask(gateway), { status: 402 });
      assert.equal(await gateway.account.topUp(5), 5);
    }),
  );

  await t.test(
    "names what an SDK reads from the environment",
    withGateway(async (gateway) => {
      assert.deepEqual(
        Object.keys(gateway.env).filter((name) => name.endsWith("_URL")),
        ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"],
      );
      assert.equal(gateway.env.OPENAI_API_KEY, gateway.key);
    }),
  );

  await t.test("is not disturbed by another with the same name", async () => {
    const [first, second] = await Promise.all([startGateway({ label: "twice" }), startGateway({ label: "twice" })]);
    await first.reply("first");
    await second.reply("second");
    assert.deepEqual([await said(first), await said(second)], ["first", "second"]);
    for (const gateway of [first, second]) {
      await gateway.assertCalled({ times: 1 });
      assert.equal((await gateway.journal()).length, 1);
      await gateway.close();
    }
  });

  await t.test("begins anew under its name, also in the journal", async () => {
    for (const _ of [1, 2]) {
      const gateway = await startGateway({ label: "again" });
      await ask(gateway);
      assert.equal((await gateway.journal()).length, 1);
      await gateway.assertCalled({ times: 1 });
      await gateway.close();
    }
  });
});

test("what the client did", options, async (t) => {
  await t.test(
    "is in the journal, the verdict and the snapshot",
    withGateway(async (gateway) => {
      await gateway.error(402, { times: 2 });
      await ask(gateway).catch(() => {});
      await ask(gateway).catch(() => {});
      const [exchange] = await gateway.journal({ text: "Hi" });
      assert.equal(exchange.request.conversation.messages[0].blocks[0].text, "Hi");
      assert.ok((await gateway.verdict()).findings.some(({ rule }) => rule === "retried-in-vain"));
      assert.match(await gateway.snapshot(), /402/);
    }),
  );

  await t.test(
    "is waited for",
    withGateway(async (gateway) => {
      const called = gateway.assertCalled({ text: "late", within: "30s" });
      await ask(gateway, "late");
      await called;
    }),
  );

  await t.test(
    "fails an assertion with the nearest requests",
    withGateway(async (gateway) => {
      await ask(gateway, "Hello");
      await gateway.assertNever({ last: "tool_result" });
      const message = /got 0[\s\S]*the nearest first[\s\S]*'Hello'/;
      await assert.rejects(gateway.assertCalled({ text: "Bye" }), { name: "ClientError", message });
      await assert.rejects(gateway.assertOrder({ text: "Hello" }, { text: "Bye" }), { message: /Step 2 of 2/ });
    }),
  );
});

test("a client with another key is named in the failure", async () => {
  const gateway = await startGateway();
  await ask({ anthropic: { baseURL: gateway.url, apiKey: "sk_other" } });
  await assert.rejects(gateway.assertCalled(), { message: /used another key than this session's/ });
  await gateway.close();
});

test("the end of a test", options, async (t) => {
  const failing = [
    [
      "an unmatched request",
      {},
      async (gateway) => {
        await gateway.turn({ when: { last: "tool_result" }, reply: "a" });
        await ask(gateway).catch(() => {});
      },
      /Request \d+ \(POST \/v1\/messages\) matched nothing:[\s\S]*Timeline:[\s\S]*seed 0/,
    ],
    ["a turn that must be played", {}, async (gateway) => gateway.turn({ reply: "a", must: true }), /marked `must`/],
    ["any turn, if it is strict", { strict: true }, async (gateway) => gateway.reply("a"), /`strict` requires/],
    [
      "a call that nobody awaited",
      {},
      (gateway) => {
        gateway.reply("a");
      },
      /was not awaited/,
    ],
  ];
  for (const [name, settings, body, message] of failing) {
    await t.test(name, async () => {
      await assert.rejects(withGateway(settings, body)(), { name: "ClientError", message });
    });
  }

  await t.test(
    "unmatched requests can be allowed",
    withGateway(async (gateway) => {
      await gateway.allowUnmatched().turn({ when: { last: "tool_result" }, reply: "a" });
      await ask(gateway).catch(() => {});
    }),
  );

  await t.test("the error of a test gets the timeline", async () => {
    const body = async (gateway) => {
      await ask(gateway);
      throw new Error("my own");
    };
    await assert.rejects(withGateway(body)(), (error) => /^Error: my own\n\nTimeline:\n.*'Hi'/.test(error.stack));
  });

  await t.test("a block that disposes of its gateway is checked", async () => {
    const gateway = await startGateway({ strict: true });
    await gateway.reply("a");
    await assert.rejects(gateway[Symbol.asyncDispose](), { message: /`strict` requires/ });
    await assert.rejects(gateway.check(), { message: /no session is called/ });
  });
});

test("a stream stops in its middle", options, async (t) => {
  await t.test(
    "until the test releases it",
    withGateway(async (gateway) => {
      await gateway.reply("one two three").fault("hold", { at: 4 });
      const client = new Anthropic(gateway.anthropic);
      const messages = [{ role: "user", content: "Hi" }];
      const stream = client.messages.stream({ model: "m", max_tokens: 50, messages });
      const text = stream.finalText();
      assert.equal(await gateway.held(), 3);
      await gateway.release(1);
      await gateway.release();
      assert.equal(await text, "one two three");
    }),
  );

  await t.test(
    "or the wait says what is missing",
    withGateway(async (gateway) => {
      await assert.rejects(gateway.held(0.01), { name: "ClientError", message: /the fault `hold`/ });
    }),
  );
});
