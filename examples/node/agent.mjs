// An agent in Node: it calls the model until the model calls no more tools, and stops where trying again is in vain.

import OpenAI from 'openai';

const TOOLS = {
  read_file: ({path}) => (path === '/x' ? '42' : `there is no ${path}`),
};
const OFFER = Object.keys(TOOLS).map((name) => ({type: 'function', function: {name, parameters: {type: 'object'}}}));

/** Return the model's last words about a question. `options` are those of the OpenAI client. */
export async function answer(question, options = {}) {
  const client = new OpenAI(options); // without options: OPENAI_BASE_URL and OPENAI_API_KEY
  const messages = [{role: 'user', content: question}];
  for (;;) {
    const {choices} = await client.chat.completions.create({model: 'qwen-coder-32b', messages, tools: OFFER});
    const {message} = choices[0];
    if (!message.tool_calls?.length) return message.content;
    messages.push(message, ...message.tool_calls.map(result));
  }
}

/** Return the result of a tool call. A model can name a tool or arguments that do not exist; the result says so. */
function result({id, function: {name, arguments: text}}) {
  let content;
  try {
    content = TOOLS[name](JSON.parse(text));
  } catch (error) {
    content = `this call failed: ${error.message}`;
  }
  return {role: 'tool', tool_call_id: id, content};
}
