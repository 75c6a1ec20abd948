/** The official `openai` package for Node, on chat completions. See program.mjs. */

import {
  BRIEF,
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

const { default: OpenAI } = await load("openai");

const request = (content = HELLO, more = {}) => ({ model: GPT, messages: [{ role: "user", content }], ...more });
const completions = () => new OpenAI().chat.completions;
const create = async (asked) => (await completions().create(asked)).choices[0].message;
const streamed = async (asked) => (await completions().stream(asked).finalChatCompletion()).choices[0].message;
const TOOL = { type: "function", function: { name: "read_file", description: "Read a file.", parameters: READ_FILE } };

async function stream() {
  const pieces = [];
  for await (const { choices } of await completions().create(request(HELLO, { stream: true }))) {
    if (choices[0]?.delta.content) pieces.push(choices[0].delta.content);
  }
  return { text: pieces.join(""), pieces: pieces.length };
}

async function loop(ask) {
  const { readFile, seen } = fileReader();
  const asked = request(QUESTION, { tools: [TOOL] });
  let message = await ask(asked);
  while (message.tool_calls?.length) {
    const results = message.tool_calls.map((call) => ({
      role: "tool",
      tool_call_id: call.id,
      content: readFile(JSON.parse(call.function.arguments)),
    }));
    asked.messages.push(message, ...results);
    message = await ask(asked);
  }
  return seen(message.content);
}

async function structured() {
  const response_format = { type: "json_schema", json_schema: { name: "weather", strict: true, schema: WEATHER } };
  return { parsed: JSON.parse((await create(request(IN_OSLO, { response_format }))).content) };
}

async function thinking() {
  const message = await create(request(HELLO, { model: REASONER, reasoning_effort: "low" }));
  return { text: message.content, thinking: message.reasoning_content };
}

async function caching() {
  const messages = [{ role: "system", content: BRIEF }, ...request().messages];
  const answers = await twice(() => completions().create({ model: GPT, messages }));
  return { cached: answers.map(({ usage }) => usage.prompt_tokens_details.cached_tokens) };
}

async function vision() {
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PICTURE}` } };
  return { text: (await create(request([{ type: "text", text: LOOK }, image]))).content };
}

await main({
  openai: {
    text: async () => ({ text: (await create(request())).content }),
    stream,
    tools: () => loop(create),
    parallel: () => loop(streamed),
    structured,
    thinking,
    caching,
    vision,
  },
});
