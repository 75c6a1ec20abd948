/**
 * The official `openai` package against a gateway: see program.mjs for how to run it.
 *
 * Runs unchanged on the majors 6 and 7. The base URL is the host; the SDK's own is the host and /api/v1 (D1).
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

const { default: OpenAI } = await load("openai");

const model = "qwen-coder-32b";

/** A client whose key plays `scenario`, in a session of its own. */
const client = (baseUrl, scenario, options = {}) =>
  new OpenAI({
    baseURL: `${baseUrl}/api/v1`,
    apiKey: `sk_mock_${scenario}`,
    defaultHeaders: freshSession(),
    ...options,
  });

/** A tool as this wire offers it. */
const offer = (name) => ({
  type: "function",
  function: { name, description: TOOLS[name].description, parameters: schemaOf(name) },
});

/** The body of one request. */
const request = (messages = [{ role: "user", content: "Hello" }], tools = []) => ({
  model,
  max_tokens: 1024,
  messages,
  ...(tools.length && { tools: tools.map(offer) }),
});

/** A call with its arguments parsed. */
const callOf = ({ id, function: { name, arguments: text } }) => ({ id, name, input: JSON.parse(text) });

/** Token counts, or null where none came. */
const usageOf = (usage) => (usage ? [usage.prompt_tokens, usage.completion_tokens] : null);

/** What the tests compare of a whole completion, wherever the SDK got it from. */
const seen = ({ id, model, usage, choices: [{ message, finish_reason }] }) => ({
  id,
  model,
  role: message.role,
  text: message.content ?? "",
  calls: (message.tool_calls ?? []).map(callOf),
  stop: finish_reason,
  usage: usageOf(usage),
});

const ask = (client, body) => client.chat.completions.create(body);
const askHelper = (client, body) => client.chat.completions.stream(body).finalChatCompletion();

/** One streamed answer, put together by hand from the chunks, as programs without the helper do it. */
async function askRaw(client, body) {
  const found = { text: "", usage: null, usage_chunks: 0 };
  const calls = [];
  for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
    Object.assign(found, { id: chunk.id, model: chunk.model });
    if (chunk.usage) {
      found.usage = usageOf(chunk.usage);
      found.usage_chunks += chunk.choices.length === 0;
    }
    for (const { delta, finish_reason } of chunk.choices) {
      found.text += delta.content ?? "";
      if (delta.role) found.role = delta.role;
      if (finish_reason) found.stop = finish_reason;
      for (const piece of delta.tool_calls ?? []) {
        calls[piece.index] ??= { id: piece.id, function: { name: piece.function.name, arguments: "" } };
        calls[piece.index].function.arguments += piece.function.arguments ?? "";
      }
    }
  }
  return { ...found, calls: calls.map(callOf) };
}

/** chat.completions.stream: its content deltas, and the completion it puts together, are the same text. */
async function streamHelper(url) {
  let streamed = "";
  const stream = client(url, "greeting").chat.completions.stream(request());
  stream.on("content", (delta) => (streamed += delta));
  return { ...seen(await stream.finalChatCompletion()), streamed };
}

/** The model calls tools, gets their results, and answers. */
async function roundTrip(url, scenario, question, tools, asking = ask) {
  const session = client(url, scenario);
  const asked = [{ role: "user", content: question }];
  const first = await asking(session, request(asked, tools));
  const { message } = first.choices[0];
  const results = (message.tool_calls ?? []).map(callOf).map(({ id, name }) => ({
    role: "tool",
    tool_call_id: id,
    content: TOOLS[name].gives,
  }));
  return { first: seen(first), last: seen(await asking(session, request([...asked, message, ...results], tools))) };
}

/** Structured output, whole and streamed: the mock's own answer, one of a scenario, and a refusal. */
async function structured(url) {
  const response_format = { type: "json_schema", json_schema: { name: "weather", strict: true, schema: WEATHER } };
  const body = { ...request(), response_format };
  const said = async (scenario, options) => (await ask(client(url, scenario, options), body)).choices[0].message;
  const streamed = (await askHelper(client(url, "", NO_SCENARIO), body)).choices[0].message;
  return {
    default: JSON.parse((await said("", NO_SCENARIO)).content),
    streamed: JSON.parse(streamed.content),
    scripted: pick(JSON.parse((await said("structured-output")).content)),
    refusal: (await said("refusal")).refusal,
  };
}

/** The model thinks before and after a tool: whole answers, then streams. */
async function reasoning(url) {
  const thoughts = [];
  const options = { reasoning_effort: "low" };
  const whole = async (client, body) => {
    const completion = await ask(client, { ...body, ...options });
    thoughts.push(completion.choices[0].message.reasoning_content);
    return completion;
  };
  // The helper keeps the last piece of a field that it does not know, so programs join the pieces themselves.
  const streamed = async (client, body) => {
    let thought = "";
    const stream = client.chat.completions.stream({ ...body, ...options });
    stream.on("chunk", ({ choices }) => (thought += choices[0]?.delta.reasoning_content ?? ""));
    const completion = await stream.finalChatCompletion();
    thoughts.push(thought);
    return completion;
  };
  let text;
  for (const asking of [whole, streamed]) {
    const { last } = await roundTrip(url, "reasoning", OSLO, ["get_weather"], asking);
    text = last.text;
  }
  return { thoughts, text };
}

const oslo = ["get_weather", "get_time"];

await main({
  version: () => ({ version: versionOf("openai") }),
  message: async (url) => seen(await ask(client(url, "greeting"), request())),
  stream_raw: (url) => askRaw(client(url, "greeting"), request()),
  stream_helper: streamHelper,
  usage_chunk: (url) => askRaw(client(url, "greeting"), { ...request(), stream_options: { include_usage: true } }),
  tool_round_trip: (url) => roundTrip(url, "tool-round-trip", QUESTION, ["read_file"]),
  tool_round_trip_streamed: (url) => roundTrip(url, "tool-round-trip", QUESTION, ["read_file"], askHelper),
  parallel_tools: (url) => roundTrip(url, "parallel-tools", OSLO, oslo),
  parallel_tools_streamed: (url) =>
    askRaw(client(url, "parallel-tools"), request([{ role: "user", content: OSLO }], oslo)),
  structured,
  reasoning,
  errors: (url) =>
    eachStatus(async (scenario) => seen(await ask(client(url, scenario, { maxRetries: 0 }), request()))),
  retry: (url) =>
    withInstantWaits(async (fetch) => seen(await ask(client(url, "rate-limited", { fetch }), request())).text),
  models: async (url) => {
    const ids = [];
    for await (const found of client(url, "greeting").models.list()) ids.push(found.id);
    return { ids };
  },
  refused_key: async (url) => seen(await ask(client(url, "greeting", { apiKey: "sk-ant-not-a-real-key" }), request())),
});
