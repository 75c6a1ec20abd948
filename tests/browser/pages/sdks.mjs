// The official SDKs in a page, as their users bundle them. `client` says which one, where, and with which key.

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const hello = [{role: 'user', content: 'Hello'}];
const body = {model: 'qwen-coder-32b', max_tokens: 100, messages: hello};

const open = (SDK, {url, key, retries = 0}) =>
  new SDK({baseURL: url, apiKey: key, maxRetries: retries, dangerouslyAllowBrowser: true});

const anthropic = {
  open: (client) => open(Anthropic, client).messages,
  text: (message) => message.content.map((block) => block.text ?? '').join(''),
  calls: (message) => message.content.filter((block) => block.type === 'tool_use').map(({name, input}) => ({name, input})),
  piece: (event) => event.delta?.text ?? '',
  tools: [{name: 'read_file', input_schema: {type: 'object'}}],
};

const openai = {
  open: (client) => open(OpenAI, client).chat.completions,
  text: (chat) => chat.choices[0].message.content ?? '',
  calls: (chat) =>
    (chat.choices[0].message.tool_calls ?? []).map((call) => ({
      name: call.function.name,
      input: JSON.parse(call.function.arguments),
    })),
  piece: (chunk) => chunk.choices[0]?.delta.content ?? '',
  tools: [{type: 'function', function: {name: 'read_file', parameters: {type: 'object'}}}],
};

const dialects = {anthropic, openai};

// What the SDK throws, as its users tell errors apart.
async function attempt(ask) {
  try {
    return {error: '', ...(await ask())};
  } catch (error) {
    const retryAfter = error.headers?.get?.('retry-after') ?? error.headers?.['retry-after'] ?? '';
    const id = error.requestID ?? error.request_id ?? '';
    return {error: error.constructor.name, status: error.status ?? 0, message: error.message, retryAfter, id};
  }
}

const message = (client) => {
  const {open, text, calls, tools} = dialects[client.sdk];
  return attempt(async () => {
    const found = await open(client).create({...body, tools});
    return {text: text(found), calls: calls(found), id: found._request_id};
  });
};

const stream = (client, enough) => {
  const {open, piece} = dialects[client.sdk];
  return attempt(async () => {
    let text = '';
    const events = await open(client).create({...body, stream: true});
    for await (const event of events) {
      text += piece(event);
      if (enough !== undefined && text.includes(enough)) break; // the SDKs abort the request then
    }
    return {text};
  });
};

window.sdks = {message, stream};
