// A chat box for the gateway's Anthropic API that uses only fetch. From top to bottom: errors, tools, the stream, one
// answer, the page.

const DEFAULT_WAIT = 5; // seconds, for a 429 without retry-after
const MOST_WAITS = 3; // in a row; after another 429 the user decides

// --- Errors ----------------------------------------------------------------------------------------------------------

const TITLES = {
  credits: 'You are out of credits.',
  limit: 'Still too many requests.',
  broken: 'The answer was cut off.',
  refused: 'The gateway rejected the request.',
  unreachable: 'Cannot reach the gateway.',
};

class Trouble extends Error {
  constructor(kind, message, seconds = 0) {
    super(message);
    this.kind = kind;
    this.seconds = seconds;
  }
}

// The header retry-after is a number of seconds, or a date.
function secondsOf(retryAfter) {
  if (retryAfter === null) return DEFAULT_WAIT;
  const seconds = /^[\d.]+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : DEFAULT_WAIT;
}

async function troubleOf(response) {
  const body = await response.json().catch(() => null);
  const message = body?.error?.message ?? `The gateway returned ${response.status}.`;
  const kind = {402: 'credits', 429: 'limit'}[response.status] ?? 'refused';
  return new Trouble(kind, message, secondsOf(response.headers.get('retry-after')));
}

// --- The tools -------------------------------------------------------------------------------------------------------

const FILES = {'/tmp/test.txt': 'Hello, world! This is a test file.'};

const needs = (...names) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, {type: 'string'}])),
  required: names,
});

const TOOLS = {
  read_file: {
    description: 'Read a file',
    input_schema: needs('path'),
    run: ({path}) => FILES[path] ?? `There is no ${path}.`,
  },
  get_time: {
    description: 'The time in a time zone',
    input_schema: needs('tz'),
    run: ({tz}) => new Date().toLocaleTimeString('en-GB', {timeZone: tz}),
  },
};

const OFFERED = Object.entries(TOOLS).map(([name, {description, input_schema}]) => ({name, description, input_schema}));

function resultOf({id, name, input}) {
  const result = {type: 'tool_result', tool_use_id: id};
  try {
    return {...result, content: TOOLS[name].run(input)};
  } catch (error) {
    return {...result, content: `${name}: ${error.message}`, is_error: true};
  }
}

// --- The stream ------------------------------------------------------------------------------------------------------

// The data of each server-sent event. A line ends in LF, CRLF or CR; a chunk can end anywhere, between CR and LF too.
async function* dataOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let data = [];
  for (let over = false; !over; ) {
    const {done, value = '\n\n'} = await reader.read(); // the end of the stream ends the last event
    over = done;
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
      if (line !== '' || data.length === 0) continue;
      yield data.join('\n');
      data = [];
    }
  }
}

// Applies one event to an answer. A delta creates its block if no event has.
function take(answer, event) {
  if (event.type === 'content_block_start') {
    answer.blocks[event.index] = {...event.content_block};
  } else if (event.type === 'content_block_delta') {
    answer.blocks[event.index] ??= {type: 'text', text: ''};
    const block = answer.blocks[event.index];
    if (event.delta.type === 'text_delta') block.text += event.delta.text;
    if (event.delta.type === 'input_json_delta') block.json = (block.json ?? '') + event.delta.partial_json;
  } else if (event.type === 'error') {
    throw new Trouble('broken', event.error.message);
  } else if (event.type === 'message_stop') {
    answer.ended = true;
  }
}

// Returns the blocks as the gateway expects them in the next request: no empty text, tool arguments as an object.
function finished({blocks, ended}) {
  if (!ended) throw new Trouble('broken', 'The stream ended too early.');
  const complete = blocks
    .filter((block) => block && block.text !== '')
    .map(({json, ...block}) => (json ? {...block, input: JSON.parse(json)} : block));
  if (complete.length === 0) throw new Trouble('broken', 'The answer was empty.');
  return complete;
}

// Sends one request. Calls `show` with the blocks as they grow; returns them when the answer is complete.
async function ask({base, key, model}, messages, signal, show) {
  const body = {model, max_tokens: 1024, stream: true, tools: OFFERED, messages};
  const headers = {'content-type': 'application/json', 'x-api-key': key, 'anthropic-version': '2023-06-01'};
  const url = `${base.replace(/\/+$/, '')}/v1/messages`;
  let response;
  try {
    response = await fetch(url, {method: 'POST', headers, body: JSON.stringify(body), signal});
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Trouble('unreachable', `No response from ${base}. Is the mock running (make serve)?`);
  }
  if (!response.ok) throw await troubleOf(response);
  const answer = {blocks: [], ended: false};
  try {
    for await (const data of dataOf(response.body)) {
      take(answer, JSON.parse(data));
      show(answer.blocks);
    }
    return finished(answer);
  } catch (error) {
    if (signal.aborted || error instanceof Trouble) throw error;
    throw new Trouble(
      'broken',
      error instanceof SyntaxError ? 'The answer was malformed.' : 'The connection was lost.',
    );
  }
}

// --- One answer ------------------------------------------------------------------------------------------------------

// A conversation. The first `complete` messages of its history have answers; the rest is sent again or dropped.
const newChat = () => ({history: [], complete: 0});
let chat = newChat();

// Sends requests until the model calls no more tools. Waits as long as a 429 asks for, but only a few times.
async function converse(chat, settings, signal) {
  for (let waits = 0; ; ) {
    signal.throwIfAborted();
    const message = page.message('assistant');
    page.status('Waiting for the answer …');
    try {
      const blocks = await ask(settings, chat.history, signal, (blocks) => page.show(message, blocks));
      chat.history.push({role: 'assistant', content: blocks});
      const results = blocks.filter((block) => block.type === 'tool_use').map(resultOf);
      page.settle(message, results);
      if (results.length === 0) break;
      chat.history.push({role: 'user', content: results});
      waits = 0;
    } catch (error) {
      page.settle(message);
      if (error.kind !== 'limit' || waits === MOST_WAITS) {
        message.classList.toggle('broken', !signal.aborted);
        throw error;
      }
      message.remove();
      waits += 1;
      await countDown(error.seconds, signal);
    }
  }
  chat.complete = chat.history.length;
}

function countDown(seconds, signal) {
  const end = Date.now() + seconds * 1000;
  const left = () => Math.ceil((end - Date.now()) / 1000);
  return new Promise((resolve, reject) => {
    const over = (settle) => () => {
      clearInterval(timer);
      settle();
    };
    const timer = setInterval(() => (left() > 0 ? page.waiting(seconds, left()) : over(resolve)()), 250);
    signal.addEventListener(
      'abort',
      over(() => reject(signal.reason)),
      {once: true},
    );
    page.waiting(seconds, seconds);
  });
}

// --- The page --------------------------------------------------------------------------------------------------------

const at = (id) => document.getElementById(id);

function element(tag, className, text = '') {
  const created = document.createElement(tag);
  created.className = className;
  created.textContent = text;
  return created;
}

const tooMany = (seconds) => `Too many requests. The next try is in ${seconds} second${seconds === 1 ? '' : 's'}.`;

const page = {
  message(role) {
    const div = element('div', `message ${role}${role === 'assistant' ? ' coming' : ''}`);
    div.append(element('span', 'visually-hidden', role === 'user' ? 'You: ' : 'Answer: '));
    at('log').append(div);
    return div;
  },

  // Each block has its own element; only changed ones are updated.
  show(message, blocks) {
    for (const [index, block] of blocks.entries()) {
      if (!block || block.text === '') continue;
      if (at('status').textContent !== '') page.status('');
      const place = message.querySelector(`.block-${index}`) ?? page.addBlock(message, index, block);
      if (block.type === 'tool_use') place.querySelector('pre').textContent = block.json ?? '';
      else place.textContent = block.text;
    }
    message.scrollIntoView({block: 'nearest'});
  },

  addBlock(message, index, block) {
    const isTool = block.type === 'tool_use';
    const place = element(isTool ? 'figure' : 'p', `block-${index}${isTool ? ' tool' : ''}`);
    if (isTool) place.append(element('figcaption', '', block.name), element('pre', '', ''));
    message.append(place);
    return place;
  },

  // Marks a message as complete and adds the results of its tools.
  settle(message, results = []) {
    message.classList.remove('coming');
    for (const [index, result] of results.entries()) {
      message.querySelectorAll('.tool')[index].append(element('pre', 'result', result.content));
    }
  },

  status(text) {
    at('status').className = 'status';
    at('status').textContent = text;
  },

  // Counts down on the screen; a screen reader announces the wait only once.
  waiting(seconds, left) {
    const place = at('status');
    if (!place.classList.contains('waiting')) {
      const seen = element('span', 'clock');
      seen.ariaHidden = 'true';
      place.className = 'status waiting';
      place.replaceChildren(element('span', 'visually-hidden', tooMany(seconds)), seen);
    }
    place.querySelector('.clock').textContent = tooMany(left);
  },

  trouble({kind, message}) {
    const text = element('p', '');
    text.append(element('strong', '', TITLES[kind] ?? 'This page has a bug.'), message);
    const again = element('button', '', 'Try again');
    again.type = 'button';
    again.addEventListener('click', () => run());
    at('notice').replaceChildren(text, again);
  },

  busy(is) {
    at('log').ariaBusy = String(is);
    at('send').hidden = is;
    at('stop').hidden = !is;
  },
};

let running = null; // the request that Stop stops

// Requests an answer to the last message of the conversation.
async function run() {
  for (const message of at('log').querySelectorAll('.broken')) message.remove();
  at('notice').replaceChildren();
  const request = new AbortController();
  running = request;
  page.busy(true);
  const settings = {base: at('base').value, key: at('key').value, model: at('model').value};
  try {
    await converse(chat, settings, request.signal);
  } catch (error) {
    if (!request.signal.aborted) page.trouble(error);
  } finally {
    if (running === request) rest();
  }
}

// No request is running.
function rest() {
  running = null;
  page.status('');
  page.busy(false);
}

at('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = at('text').value.trim();
  if (running || text === '') return;
  at('text').value = '';
  chat.history.length = chat.complete; // drop a message that got no answer
  chat.history.push({role: 'user', content: text});
  const message = page.message('user');
  message.append(element('p', '', text));
  message.scrollIntoView({block: 'nearest'});
  run();
});

at('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at('composer').requestSubmit();
});

at('stop').addEventListener('click', () => running?.abort());

// A key `sk_mock_NAME` makes the mock play the scenario NAME; the rest of the key is this page's own, so the scenario
// starts again. An answer that is still coming is dropped.
at('scenarios').addEventListener('click', ({target}) => {
  if (!target.dataset.scenario) return;
  running?.abort();
  rest();
  at('key').value = `sk_mock_${target.dataset.scenario}_${Date.now().toString(36)}`;
  for (const button of at('scenarios').querySelectorAll('button')) button.ariaPressed = String(button === target);
  chat = newChat();
  at('log').replaceChildren();
  at('notice').replaceChildren();
  at('text').focus();
});

// ?base=…&key=…&model=… sets the settings.
for (const [name, value] of new URLSearchParams(location.search)) {
  if (['base', 'key', 'model'].includes(name)) at(name).value = value;
}
