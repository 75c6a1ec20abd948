/**
 * The official `@anthropic-ai/sdk` against a gateway: see program.mjs for how to run it.
 *
 * Runs unchanged on the majors 0 and 1. The base URL is the host: the SDK adds /v1/messages itself.
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

const { default: Anthropic } = await load("@anthropic-ai/sdk");

const model = "claude-sonnet-4.5";
const hello = [{ role: "user", content: "Hello" }];

/** A client whose key plays `scenario`, in a session of its own. */
const client = (baseURL, scenario, options = {}) =>
  new Anthropic({ baseURL, apiKey: `sk_mock_${scenario}`, defaultHeaders: freshSession(), ...options });

/** The body of one request. */
const request = (messages = hello, tools = []) => ({
  model,
  max_tokens: 1024,
  messages,
  ...(tools.length && {
    tools: tools.map((name) => ({ name, description: TOOLS[name].description, input_schema: schemaOf(name) })),
  }),
});

/** What the tests compare of a whole message, wherever the SDK got it from. */
const seen = (message) => ({
  id: message.id,
  model: message.model,
  role: message.role,
  text: message.content.map((block) => block.text ?? "").join(""),
  calls: message.content.filter((block) => block.type === "tool_use").map(({ id, name, input }) => ({ id, name, input })),
  stop: message.stop_reason,
  usage: [message.usage.input_tokens, message.usage.output_tokens],
});

const ask = (client, body) => client.messages.create(body);
const askHelper = (client, body) => client.messages.stream(body).finalMessage();

/** One streamed answer, put together by hand from the events, as programs without the helper do it. */
async function askRaw(client, body) {
  const found = { text: "", calls: [], events: [] };
  const pieces = {};
  for await (const event of await client.messages.create({ ...body, stream: true })) {
    if (!found.events.includes(event.type)) found.events.push(event.type);
    if (event.type === "message_start") {
      const { id, model, role, usage } = event.message;
      Object.assign(found, { id, model, role, usage: [usage.input_tokens] });
    } else if (event.type === "content_block_start" && event.content_block.type === "tool_use") {
      pieces[event.index] = { id: event.content_block.id, name: event.content_block.name, input: "" };
    } else if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
      found.text += event.delta.text;
    } else if (event.type === "content_block_delta") {
      pieces[event.index].input += event.delta.partial_json;
    } else if (event.type === "message_delta") {
      found.stop = event.delta.stop_reason;
      found.usage.push(event.usage.output_tokens);
    }
  }
  found.calls = Object.values(pieces).map((call) => ({ ...call, input: JSON.parse(call.input) }));
  return found;
}

/** messages.stream: its text events, and the message it puts together, are the same text. */
async function streamHelper(baseURL) {
  let streamed = "";
  const stream = client(baseURL, "greeting").messages.stream(request());
  stream.on("text", (delta) => (streamed += delta));
  return { ...seen(await stream.finalMessage()), streamed };
}

/** The model calls tools, gets their results, and answers. */
async function roundTrip(baseURL, scenario, question, tools, asking = ask) {
  const session = client(baseURL, scenario);
  const asked = [{ role: "user", content: question }];
  const first = await asking(session, request(asked, tools));
  const results = first.content
    .filter((block) => block.type === "tool_use")
    .map((block) => ({ type: "tool_result", tool_use_id: block.id, content: TOOLS[block.name].gives }));
  const answered = [...asked, { role: "assistant", content: first.content }, { role: "user", content: results }];
  return { first: seen(first), last: seen(await asking(session, request(answered, tools))) };
}

/** Structured output, whole and streamed: the mock's own answer, one of a scenario, and a refusal. */
async function structured(url) {
  const body = { ...request(), output_config: { format: { type: "json_schema", schema: WEATHER } } };
  const said = async (scenario, options, asking = ask) =>
    JSON.parse(seen(await asking(client(url, scenario, options), body)).text);
  const refused = seen(await ask(client(url, "refusal"), request()));
  return {
    default: await said("", NO_SCENARIO),
    streamed: await said("", NO_SCENARIO, askHelper),
    scripted: pick(await said("structured-output")),
    refusal: refused.stop === "refusal" ? refused.text : null,
  };
}

/** The model thinks before and after a tool: whole answers, then streams put together by the SDK. */
async function reasoning(baseURL) {
  const thoughts = [];
  const config = { max_tokens: 2048, thinking: { type: "enabled", budget_tokens: 1024 } };
  const thinking = (asking) => async (client, body) => {
    const message = await asking(client, { ...body, ...config });
    thoughts.push(...message.content.filter((block) => block.type === "thinking").map((block) => block.thinking));
    return message;
  };
  let text;
  for (const asking of [ask, askHelper]) {
    const { last } = await roundTrip(baseURL, "reasoning", OSLO, ["get_weather"], thinking(asking));
    text = last.text;
  }
  return { thoughts, text };
}

const oslo = ["get_weather", "get_time"];

await main({
  version: () => ({ version: versionOf("@anthropic-ai/sdk") }),
  message: async (url) => seen(await ask(client(url, "greeting"), request())),
  stream_raw: (url) => askRaw(client(url, "greeting"), request()),
  stream_helper: streamHelper,
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
  count_tokens: async (url) => ({
    input_tokens: (await client(url, "greeting").messages.countTokens({ model, messages: hello })).input_tokens,
  }),
  refused_key: async (url) => seen(await ask(client(url, "greeting", { apiKey: "sk-ant-not-a-real-key" }), request())),
});
