/**
 * Vercel's AI SDK against a gateway, with its three providers: see program.mjs for how to run it.
 *
 * Runs unchanged on the majors 6 and 7 of `ai`. A verb is PROVIDER.VERB: `anthropic.message`, `openai.message` (its
 * `.chat()`; the default is the responses API, which no document of the gateway knows), `compatible.message`. The base
 * URL is the host; the Anthropic provider wants the host and /v1, the OpenAI ones the host and /api/v1 (D1).
 */

import {
  NO_SCENARIO,
  OSLO,
  QUESTION,
  TOOLS,
  WEATHER,
  eachStatus,
  freshSession,
  load,
  main,
  pick,
  schemaOf,
  versionOf,
  withInstantWaits,
} from "./program.mjs";

const { Output, generateText, jsonSchema, stepCountIs, streamText, tool } = await load("ai");
const { createAnthropic } = await load("@ai-sdk/anthropic");
const { createOpenAI } = await load("@ai-sdk/openai");
const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");

/**
 * D1: "always set explicitly". Without it the Anthropic provider, to which the gateway's model ids mean nothing, asks for
 * 128,000, more than any of these models can give.
 */
const maxOutputTokens = 1024;

/** What every provider takes: a key that plays `scenario`, and a session of its own. */
const settings = (scenario, options) => ({ apiKey: `sk_mock_${scenario}`, headers: freshSession(), ...options });

/** Provider -> its package, and how it makes a model for (base URL, scenario, options). */
const PROVIDERS = {
  anthropic: {
    package: "@ai-sdk/anthropic",
    model: (url, scenario, options) =>
      createAnthropic({ baseURL: `${url}/v1`, ...settings(scenario, options) })("claude-sonnet-4.5"),
  },
  openai: {
    package: "@ai-sdk/openai",
    model: (url, scenario, options) =>
      createOpenAI({ baseURL: `${url}/api/v1`, ...settings(scenario, options) }).chat("qwen-coder-32b"),
  },
  compatible: {
    package: "@ai-sdk/openai-compatible",
    model: (url, scenario, options) =>
      createOpenAICompatible({
        name: "ainative",
        baseURL: `${url}/api/v1`,
        includeUsage: true,
        supportsStructuredOutputs: true, // without it the provider sends no schema at all
        ...settings(scenario, options),
      })("qwen-coder-32b"),
  },
};

/** Tools that the SDK runs by itself. */
const toolsOf = (names) =>
  Object.fromEntries(
    names.map((name) => {
      const { description, gives } = TOOLS[name];
      return [name, tool({ description, inputSchema: jsonSchema(schemaOf(name)), execute: () => gives })];
    }),
  );

const callOf = ({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, input });

/** What the tests compare of one step, whole or streamed. */
const seen = ({ response, text, toolCalls, finishReason, usage }) => ({
  id: response.id,
  model: response.modelId,
  text,
  calls: toolCalls.map(callOf),
  stop: finishReason,
  usage: [usage.inputTokens, usage.outputTokens],
});

/** One streamed answer, put together by hand from the parts, as programs with a screen do it. */
async function askRaw(options) {
  const found = { text: "", calls: [] };
  for await (const part of streamText({ maxOutputTokens, ...options }).fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") found.text += part.text;
    if (part.type === "tool-call") found.calls.push(callOf(part));
    if (part.type === "finish-step") {
      Object.assign(found, seen({ ...part, text: found.text, toolCalls: [] }), { calls: found.calls });
    }
  }
  return found;
}

/** The text stream, and the text that the SDK puts together, are the same. */
async function streamHelper(model) {
  const result = streamText({ model, maxOutputTokens, prompt: "Hello" });
  let streamed = "";
  for await (const delta of result.textStream) streamed += delta;
  const [step] = await result.steps;
  return { ...seen(step), streamed };
}

/** The SDK's own loop: it runs the tools and asks again until the model stops. */
async function roundTrip(model, prompt, names, ask = generateText) {
  const { steps } = await ask({ model, maxOutputTokens, prompt, tools: toolsOf(names), stopWhen: stepCountIs(3) });
  return { first: seen(steps[0]), last: seen(steps.at(-1)) };
}

/** generateText, but streamed. */
const generateStreamed = async (options) => ({ steps: await streamText(options).steps });

/** How each provider is asked to think. */
const providerOptions = {
  anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } },
  ainative: { reasoningEffort: "low" },
};

/** The model thinks before and after a tool, in the SDK's own loop: whole answers, then streams. */
async function reasoning(model) {
  const thoughts = [];
  let text;
  for (const ask of [generateText, generateStreamed]) {
    const tools = toolsOf(["get_weather"]);
    const { steps } = await ask({
      model: model(),
      maxOutputTokens,
      prompt: OSLO,
      tools,
      providerOptions,
      stopWhen: stepCountIs(3),
    });
    thoughts.push(...steps.map((step) => step.reasoningText));
    text = steps.at(-1).text;
  }
  return { thoughts, text };
}

const ask = async (model, options) =>
  seen((await generateText({ model, maxOutputTokens, prompt: "Hello", ...options })).steps[0]);
/** Structured output, whole and streamed: the mock's own answer, and one of a scenario. */
async function structured(modelFor) {
  const options = { maxOutputTokens, prompt: "Hello", output: Output.object({ schema: jsonSchema(WEATHER) }) };
  const said = async (...chosen) => (await generateText({ model: modelFor(...chosen), ...options })).output;
  const streamed = streamText({ model: modelFor("", NO_SCENARIO), ...options });
  for await (const _ of streamed.textStream);
  return {
    default: await said("", NO_SCENARIO),
    streamed: await streamed.output,
    scripted: pick(await said("structured-output")),
  };
}

const oslo = ["get_weather", "get_time"];

const verbsOf = ({ package: name, model }) => ({
  version: () => ({ version: `${versionOf(name)}-ai-${versionOf("ai")}` }),
  message: (url) => ask(model(url, "greeting")),
  stream_raw: (url) => askRaw({ model: model(url, "greeting"), prompt: "Hello" }),
  stream_helper: (url) => streamHelper(model(url, "greeting")),
  tool_round_trip: (url) => roundTrip(model(url, "tool-round-trip"), QUESTION, ["read_file"]),
  tool_round_trip_streamed: (url) => roundTrip(model(url, "tool-round-trip"), QUESTION, ["read_file"], generateStreamed),
  parallel_tools: (url) => roundTrip(model(url, "parallel-tools"), OSLO, oslo),
  parallel_tools_streamed: (url) =>
    askRaw({ model: model(url, "parallel-tools"), prompt: OSLO, tools: toolsOf(oslo) }),
  structured: (url) => structured((...chosen) => model(url, ...chosen)),
  reasoning: (url) => reasoning(() => model(url, "reasoning")),
  errors: (url) => eachStatus((scenario) => ask(model(url, scenario), { maxRetries: 0 })),
  retry: (url) => withInstantWaits(async (fetch) => (await ask(model(url, "rate-limited", { fetch }))).text),
  refused_key: (url) => ask(model(url, "greeting", { apiKey: "sk-ant-not-a-real-key" })),
});

await main(
  Object.fromEntries(
    Object.entries(PROVIDERS).flatMap(([provider, made]) =>
      Object.entries(verbsOf(made)).map(([verb, run]) => [`${provider}.${verb}`, run]),
    ),
  ),
);
