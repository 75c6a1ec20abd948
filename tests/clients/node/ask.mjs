/**
 * A Node SDK that asks what it is told to: `node --experimental-import-meta-resolve ask.mjs SDK`, SDK being `anthropic`,
 * `openai`, `vercel-anthropic`, `vercel-openai` or `vercel-compatible`.
 *
 * It speaks the words of ../python_ask.py: a line in is a question, a line out is what came of it, or a wait.
 */

import { createInterface } from "node:readline";

import { failure, load, withWaits } from "./program.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (what) => console.log(JSON.stringify(what));
const messages = [{ role: "user", content: "Hello" }];

/** Vercel's SDK gives errors of a stream to a callback that prints them, unless it is told another. */
const quiet = { onError: () => {} };

/** One of Vercel's providers: `model(question)` makes its model. */
async function* vercel(model, { retries, stream }) {
  const { generateText, streamText } = await load("ai");
  const asked = { model, maxOutputTokens: 1024, maxRetries: retries, messages };
  if (!stream) return yield (await generateText(asked)).text;
  for await (const part of streamText({ ...asked, ...quiet }).fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") yield part.text;
  }
}

/** SDK -> the pieces of text that it gives for a question. */
const ASKERS = {
  async *anthropic({ url, key, model, retries, stream }) {
    const { default: Anthropic } = await load("@anthropic-ai/sdk");
    const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: retries });
    const said = await client.messages.create({ model, max_tokens: 1024, messages, stream });
    if (!stream) return yield said.content[0].text;
    for await (const event of said) if (event.type === "content_block_delta") yield event.delta.text;
  },
  async *openai({ url, key, model, retries, stream }) {
    const { default: OpenAI } = await load("openai");
    const client = new OpenAI({ baseURL: `${url}/api/v1`, apiKey: key, maxRetries: retries });
    const said = await client.chat.completions.create({ model, messages, stream });
    if (!stream) return yield said.choices[0].message.content;
    for await (const chunk of said) yield chunk.choices[0].delta.content ?? "";
  },
  async *"vercel-anthropic"(question) {
    const { createAnthropic } = await load("@ai-sdk/anthropic");
    yield* vercel(createAnthropic({ baseURL: `${question.url}/v1`, apiKey: question.key })(question.model), question);
  },
  async *"vercel-openai"(question) {
    const { createOpenAI } = await load("@ai-sdk/openai");
    const openai = createOpenAI({ baseURL: `${question.url}/api/v1`, apiKey: question.key });
    yield* vercel(openai.chat(question.model), question);
  },
  async *"vercel-compatible"(question) {
    const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
    const settings = { name: "ainative", baseURL: `${question.url}/api/v1`, apiKey: question.key };
    yield* vercel(createOpenAICompatible(settings)(question.model), question);
  },
};

const ask = ASKERS[process.argv[2]];
withWaits(async (seconds) => {
  tell({ wait: seconds });
  await lines.next();
});
for (let line = await lines.next(); !line.done; line = await lines.next()) {
  let text = "";
  try {
    for await (const piece of ask(JSON.parse(line.value))) text += piece;
    tell({ text });
  } catch (error) {
    const { error: name, status } = failure(error);
    tell({ error: name, status, text });
  }
}
