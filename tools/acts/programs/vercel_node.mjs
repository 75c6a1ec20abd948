/** Vercel's AI SDK with its Anthropic, OpenAI (`.chat` and the default, responses) and OpenAI-compatible providers. See program.mjs. */

import {
  BRIEF,
  CLAUDE,
  fileReader,
  GPT,
  HELLO,
  IN_OSLO,
  LOOK,
  load,
  main,
  PICTURE,
  QUESTION,
  READ_FILE,
  REASONER,
  twice,
  WEATHER,
} from "./program.mjs";

const { generateText, jsonSchema, Output, stepCountIs, streamText, tool } = await load("ai");
const { createAnthropic } = await load("@ai-sdk/anthropic");
const { createOpenAI } = await load("@ai-sdk/openai");
const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");

const MODELS = {
  anthropic: () => createAnthropic({ baseURL: `${process.env.ANTHROPIC_BASE_URL}/v1` })(CLAUDE),
  openai: (name = GPT) => createOpenAI({ baseURL: process.env.OPENAI_BASE_URL }).chat(name),
  responses: (name = GPT) => createOpenAI({ baseURL: process.env.OPENAI_BASE_URL })(name),
  compatible: (name = GPT) =>
    createOpenAICompatible({
      name: "ainative",
      baseURL: process.env.OPENAI_BASE_URL,
      apiKey: process.env.OPENAI_API_KEY,
      supportsStructuredOutputs: true, // without it the provider sends no schema at all
    })(name),
};
const THINKING = {
  anthropic: { anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } },
  openai: { openai: { reasoningEffort: "low" } },
  responses: { openai: { reasoningEffort: "low", reasoningSummary: "auto" } },
  compatible: { ainative: { reasoningEffort: "low" } },
};
const REASONERS = { openai: REASONER, responses: REASONER, compatible: REASONER };
const CACHED = { anthropic: { cacheControl: { type: "ephemeral" } } };

function verbsOf(provider) {
  const ask = (options = {}) => generateText({ model: MODELS[provider](), prompt: HELLO, ...options });
  const streamed = async (options) => {
    const pieces = [];
    for await (const part of streamText({ model: MODELS[provider](), onError: () => {}, ...options }).fullStream) {
      if (part.type === "error") throw part.error;
      if (part.type === "text-delta") pieces.push(part.text);
    }
    return { text: pieces.join(""), pieces: pieces.length };
  };
  const loop = async (run) => {
    const { readFile, seen } = fileReader();
    const read_file = tool({ description: "Read a file.", inputSchema: jsonSchema(READ_FILE), execute: readFile });
    return seen((await run({ prompt: QUESTION, tools: { read_file }, stopWhen: stepCountIs(5) })).text);
  };
  const system = { role: "system", content: BRIEF, providerOptions: CACHED };
  const image = { type: "image", image: PICTURE };
  const looking = [{ role: "user", content: [{ type: "text", text: LOOK }, image] }];
  return {
    text: async () => ({ text: (await ask()).text }),
    stream: () => streamed({ prompt: HELLO }),
    tools: () => loop(ask),
    parallel: () => loop(streamed),
    structured: async () => ({
      parsed: (await ask({ prompt: IN_OSLO, output: Output.object({ schema: jsonSchema(WEATHER) }) })).output,
    }),
    thinking: async () => {
      const { text, reasoningText } = await ask({
        model: MODELS[provider](REASONERS[provider]),
        providerOptions: THINKING[provider],
      });
      return { text, thinking: reasoningText };
    },
    caching: async () => {
      const answers = await twice(() => ask({ system }));
      return { cached: answers.map(({ usage }) => usage.inputTokenDetails.cacheReadTokens) };
    },
    vision: async () => ({ text: (await ask({ prompt: undefined, messages: looking })).text }),
  };
}

await main(Object.fromEntries(Object.keys(MODELS).map((provider) => [provider, verbsOf(provider)])));
