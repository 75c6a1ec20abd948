// One request to the gateway with the official SDK, and its errors, distinguished by `kind`.

import OpenAI, {APIConnectionError, APIError} from 'openai';

import {OFFERED} from './tools.js';

const DEFAULT_WAIT = 5; // seconds, for a 429 without retry-after

export class Trouble extends Error {
  constructor(kind, message, seconds = 0) {
    super(message);
    this.kind = kind; // limit, credits, refused, broken, unreachable
    this.seconds = seconds;
  }
}

// The header retry-after is a number of seconds, or a date.
function secondsOf(retryAfter) {
  if (!retryAfter) return DEFAULT_WAIT;
  const seconds = /^[\d.]+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : DEFAULT_WAIT;
}

function troubleOf(error, base) {
  if (error instanceof Trouble) return error;
  if (error instanceof APIConnectionError) {
    return new Trouble('unreachable', `No response from ${base}. Is the mock running (make serve)?`);
  }
  if (error instanceof APIError && error.status) {
    const kind = {402: 'credits', 429: 'limit'}[error.status] ?? 'refused';
    const message = error.error?.message ?? `The gateway returned ${error.status}.`;
    return new Trouble(kind, message, secondsOf(error.headers?.get('retry-after')));
  }
  if (error instanceof APIError) return new Trouble('broken', error.message); // an error in the middle of a stream
  return new Trouble('broken', error instanceof SyntaxError ? 'The answer was malformed.' : 'The connection was lost.');
}

// Applies one chunk to an answer.
function take(answer, chunk) {
  const choice = chunk.choices[0];
  if (!choice) return;
  answer.text += choice.delta.content ?? '';
  for (const {index, id, function: called} of choice.delta.tool_calls ?? []) {
    answer.calls[index] ??= {id, name: called.name, args: ''};
    answer.calls[index].args += called.arguments ?? '';
  }
  if (choice.finish_reason) answer.ended = true;
}

// Sends one request. Calls `show` with the answer as it grows; returns it when it is complete.
export async function ask({base, apiKey, model}, messages, signal, show) {
  const client = new OpenAI({
    baseURL: `${base.replace(/\/+$/, '')}/api/v1`,
    apiKey,
    maxRetries: 0, // the chat box waits itself and shows a countdown
    dangerouslyAllowBrowser: true, // fine for a mock's key; keep a real key on a server
  });
  const answer = {text: '', calls: [], ended: false};
  try {
    const chunks = await client.chat.completions.create({model, stream: true, tools: OFFERED, messages}, {signal});
    for await (const chunk of chunks) {
      take(answer, chunk);
      show({text: answer.text, calls: answer.calls.map((call) => ({...call}))});
    }
    signal.throwIfAborted(); // the SDK ends an aborted stream without an error
    if (!answer.ended) throw new Trouble('broken', 'The stream ended too early.');
    for (const call of answer.calls) JSON.parse(call.args);
    if (!answer.text && answer.calls.length === 0) throw new Trouble('broken', 'The answer was empty.');
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    throw troubleOf(error, base);
  }
}
