/**
 * The official Node SDKs and Vercel's AI SDK under every case: node_client.mjs BASE_URL SDK LIMIT, case names on standard input.
 * Prints {mode: {case: result}} as JSON: see python_client.py. CLIENT_PACKAGES names the folder of the packages.
 */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [url, sdk, limit] = process.argv.slice(2);
const folder = pathToFileURL(`${process.env.CLIENT_PACKAGES}/package.json`);
const load = (name) => import(import.meta.resolve(name, folder.href));
const timeout = 1500;
const sideBySide = 8;
const session = () => ({ "x-mock-session": crypto.randomUUID() });
const base = { model: "m", max_tokens: 100, messages: [{ role: "user", content: "Hi" }] };
const withUsage = { ...base, stream_options: { include_usage: true } };
process.on("unhandledRejection", () => {});

const parsed = ([id, name, text]) => {
  try {
    return [id, name, JSON.parse(text)];
  } catch {
    return [id, name, text];
  }
};

async function anthropicModes() {
  const { default: Anthropic } = await load("@anthropic-ai/sdk");
  const client = (c) => new Anthropic({ baseURL: url, apiKey: `sk_mock_${c}`, defaultHeaders: session(), maxRetries: 0, timeout });
  return {
    raw: async (c) => {
      const found = { text: "", calls: [], stop: null, usage: [null, null] };
      const calls = {};
      for await (const event of await client(c).messages.create({ ...base, stream: true })) {
        if (event.type === "message_start") found.usage[0] = event.message.usage?.input_tokens ?? null;
        else if (event.type === "content_block_start" && event.content_block.type === "tool_use")
          calls[event.index] = [event.content_block.id, event.content_block.name, ""];
        else if (event.type === "content_block_delta" && event.delta.type === "text_delta") found.text += event.delta.text;
        else if (event.type === "content_block_delta" && event.delta.type === "input_json_delta")
          calls[event.index][2] += event.delta.partial_json;
        else if (event.type === "message_delta") {
          found.stop = event.delta.stop_reason ?? null;
          found.usage[1] = event.usage?.output_tokens ?? null;
        }
      }
      return { ...found, calls: Object.values(calls).map(parsed) };
    },
    helper: async (c) => {
      const message = await client(c).messages.stream(base).finalMessage();
      return {
        text: message.content.map((block) => block.text ?? "").join(""),
        calls: message.content.filter((b) => b.type === "tool_use").map((b) => [b.id, b.name, b.input]),
        stop: message.stop_reason,
        usage: [message.usage.input_tokens, message.usage.output_tokens],
      };
    },
  };
}

async function openaiModes() {
  const { default: OpenAI } = await load("openai");
  const client = (c) => new OpenAI({ baseURL: `${url}/api/v1`, apiKey: `sk_mock_${c}`, defaultHeaders: session(), maxRetries: 0, timeout });
  return {
    raw: async (c) => {
      const found = { text: "", calls: [], stop: null, usage: [null, null] };
      const calls = {};
      for await (const chunk of await client(c).chat.completions.create({ ...withUsage, stream: true })) {
        if (chunk.usage) found.usage = [chunk.usage.prompt_tokens ?? null, chunk.usage.completion_tokens ?? null];
        for (const { delta, finish_reason } of chunk.choices) {
          found.text += delta.content ?? "";
          found.stop = finish_reason ?? found.stop;
          for (const piece of delta.tool_calls ?? []) {
            calls[piece.index] ??= [piece.id, piece.function.name, ""];
            calls[piece.index][2] += piece.function.arguments ?? "";
          }
        }
      }
      return { ...found, calls: Object.values(calls).map(parsed) };
    },
    helper: async (c) => {
      const done = await client(c).chat.completions.stream(withUsage).finalChatCompletion();
      const [{ message, finish_reason }] = done.choices;
      return {
        text: message.content ?? "",
        calls: (message.tool_calls ?? []).map((k) => parsed([k.id, k.function.name, k.function.arguments])),
        stop: finish_reason,
        usage: [done.usage?.prompt_tokens ?? null, done.usage?.completion_tokens ?? null],
      };
    },
  };
}

async function vercelModes() {
  const { streamText, tool, jsonSchema } = await load("ai");
  const { createAnthropic } = await load("@ai-sdk/anthropic");
  const { createOpenAI } = await load("@ai-sdk/openai");
  const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
  const any = () => tool({ description: "any", inputSchema: jsonSchema({ type: "object" }) });
  const tools = { get_weather: any(), get_time: any() };
  const ask = (model) => async (c) => {
    const found = { text: "", calls: [], stop: null, usage: [null, null] };
    const options = { model: model(`sk_mock_${c}`), prompt: "Hi", tools, maxRetries: 0, maxOutputTokens: 100, onError: () => {} };
    let failed = null;
    for await (const part of streamText(options).fullStream) {
      if (part.type === "error") failed ??= part.error;
      if (part.type === "text-delta") found.text += part.text;
      if (part.type === "tool-call") found.calls.push([part.toolCallId, part.toolName, part.input, ...(part.invalid ? ["invalid"] : [])]);
      if (part.type === "finish-step") {
        found.stop = part.finishReason;
        found.usage = [part.usage.inputTokens ?? null, part.usage.outputTokens ?? null];
      }
    }
    if (failed) throw failed;
    return found;
  };
  return {
    anthropic: ask((apiKey) => createAnthropic({ baseURL: `${url}/v1`, apiKey, headers: session() })("m")),
    openai: ask((apiKey) => createOpenAI({ baseURL: `${url}/api/v1`, apiKey, headers: session() }).chat("m")),
    compatible: ask((apiKey) =>
      createOpenAICompatible({ name: "ainative", baseURL: `${url}/api/v1`, apiKey, includeUsage: true, headers: session() })("m"),
    ),
  };
}

async function attempt(ask, c) {
  let clock;
  const late = new Promise((done) => (clock = setTimeout(() => done({ hang: true }), limit * 1000)));
  const tried = Promise.resolve()
    .then(() => ask(c))
    .then(
      (seen) => ({ seen }),
      (error) => ({ error: error?.name ?? error?.constructor?.name ?? typeof error, message: `${error?.message ?? error}`.slice(0, 160) }),
    );
  const found = await Promise.race([tried, late]);
  clearTimeout(clock);
  return found;
}

const modes = await { anthropic: anthropicModes, openai: openaiModes, vercel: vercelModes }[sdk]();
const asked = JSON.parse(readFileSync(0, "utf8"));
const found = {};
for (const [mode, ask] of Object.entries(modes)) {
  const cases = Array.isArray(asked) ? asked : asked[mode];
  found[mode] = {};
  await ask(cases[0]).catch(() => {});
  const queue = [...cases];
  await Promise.all(
    Array.from({ length: sideBySide }, async () => {
      for (let c = queue.shift(); c !== undefined; c = queue.shift()) found[mode][c] = await attempt(ask, c);
    }),
  );
}
process.stdout.write(JSON.stringify(found) + "\n", () => process.exit(0));
