/** The official `@anthropic-ai/sdk`. See program.mjs. */

import {
  BRIEF,
  CLAUDE,
  fileReader,
  HELLO,
  IN_OSLO,
  LOOK,
  load,
  main,
  PICTURE,
  QUESTION,
  READ_FILE,
  twice,
  WEATHER,
} from "./program.mjs";

const { default: Anthropic } = await load("@anthropic-ai/sdk");

const request = (content = HELLO, more = {}) => ({
  model: CLAUDE,
  max_tokens: 2048,
  messages: [{ role: "user", content }],
  ...more,
});
const textOf = ({ content }) => content.map((block) => (block.type === "text" ? block.text : "")).join("");
const create = (asked) => new Anthropic().messages.create(asked);
const streamed = (asked) => new Anthropic().messages.stream(asked).finalMessage();
const TOOL = { name: "read_file", description: "Read a file.", input_schema: READ_FILE };

async function stream() {
  const pieces = [];
  const events = new Anthropic().messages.stream(request()).on("text", (piece) => pieces.push(piece));
  await events.done();
  return { text: pieces.join(""), pieces: pieces.length };
}

async function loop(ask) {
  const { readFile, seen } = fileReader();
  const asked = request(QUESTION, { tools: [TOOL] });
  let message = await ask(asked);
  while (message.stop_reason === "tool_use") {
    const calls = message.content.filter(({ type }) => type === "tool_use");
    const results = calls.map(({ id, input }) => ({ type: "tool_result", tool_use_id: id, content: readFile(input) }));
    asked.messages.push({ role: "assistant", content: message.content }, { role: "user", content: results });
    message = await ask(asked);
  }
  return seen(textOf(message));
}

async function structured() {
  const { jsonSchemaOutputFormat } = await load("@anthropic-ai/sdk/helpers/json-schema");
  const asked = request(IN_OSLO, { output_config: { format: jsonSchemaOutputFormat(WEATHER) } });
  return { parsed: (await new Anthropic().messages.parse(asked)).parsed_output };
}

async function thinking() {
  const message = await create(request(HELLO, { thinking: { type: "enabled", budget_tokens: 1024 } }));
  return { text: textOf(message), thinking: message.content.map((block) => block.thinking ?? "").join("") };
}

async function caching() {
  const system = [{ type: "text", text: BRIEF, cache_control: { type: "ephemeral" } }];
  const messages = await twice(() => create(request(HELLO, { system })));
  return { cached: messages.map(({ usage }) => usage.cache_read_input_tokens) };
}

async function vision() {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: PICTURE } };
  return { text: textOf(await create(request([image, { type: "text", text: LOOK }]))) };
}

async function threads() {
  const { betaTool } = await load("@anthropic-ai/sdk/helpers/beta/json-schema");
  const { readFile, seen } = fileReader();
  const tool = betaTool({ name: TOOL.name, description: TOOL.description, inputSchema: READ_FILE, run: readFile });
  return seen(textOf(await new Anthropic().beta.messages.toolRunner(request(QUESTION, { tools: [tool] }))));
}

await main({
  anthropic: {
    text: async () => ({ text: textOf(await create(request())) }),
    stream,
    tools: () => loop(create),
    parallel: () => loop(streamed),
    structured,
    thinking,
    caching,
    vision,
    threads,
  },
});
