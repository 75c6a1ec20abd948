// One request to the gateway with the official SDK, and what can go wrong with it, told apart by `kind`.

import OpenAI, {APIConnectionError, APIError} from 'openai';

import {OFFERED} from './tools.js';

const USUAL_WAIT = 5; // seconds, for a 429 that does not say how long

export class Trouble extends Error {
  constructor(kind, message, seconds = 0) {
    super(message);
    this.kind = kind; // limit, credits, refused, broken, unreachable
    this.seconds = seconds;
  }
}

// The header retry-after is a number of seconds, or a date.
function secondsOf(retryAfter) {
  if (!retryAfter) return USUAL_WAIT;
  const seconds = /^[\d.]+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : USUAL_WAIT;
}

function troubleOf(error, base) {
  if (error instanceof Trouble) return error;
  if (error instanceof APIConnectionError) {
    return new Trouble('unreachable', `${base} does not answer this page. Is the mock running (make serve)?`);
  }
  if (error instanceof APIError && error.status) {
    const kind = {402: 'credits', 429: 'limit'}[error.status] ?? 'refused';
    const message = error.error?.message ?? `It answered ${error.status}.`;
    return new Trouble(kind, message, secondsOf(error.headers?.get('retry-after')));
  }
  if (error instanceof APIError) return new Trouble('broken', error.message); // an error in the middle of a stream
  return new Trouble('broken', error instanceof SyntaxError ? 'It was garbled.' : 'The connection was lost.');
}

// Lets one chunk happen to an answer.
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

// Asks once. Calls `show` with the answer whenever it has grown; gives it when it is complete.
export async function ask({base, apiKey, model}, messages, signal, show) {
  const client = new OpenAI({
    baseURL: `${base.replace(/\/+$/, '')}/api/v1`,
    apiKey,
    maxRetries: 0, // the chat box waits itself, so that it can say so
    dangerouslyAllowBrowser: true, // a mock's key is no secret; a real one belongs on a server
  });
  const answer = {text: '', calls: [], ended: false};
  try {
    const chunks = await client.chat.completions.create({model, stream: true, tools: OFFERED, messages}, {signal});
    for await (const chunk of chunks) {
      take(answer, chunk);
      show({text: answer.text, calls: answer.calls.map((call) => ({...call}))});
    }
    signal.throwIfAborted(); // the SDK ends an aborted stream without a word
    if (!answer.ended) throw new Trouble('broken', 'It ended before it was complete.');
    for (const call of answer.calls) JSON.parse(call.args);
    if (!answer.text && answer.calls.length === 0) throw new Trouble('broken', 'There was nothing in it.');
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    throw troubleOf(error, base);
  }
}
