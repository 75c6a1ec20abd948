// A chat box on the gateway's Anthropic wire, with fetch and nothing else. From top to bottom: what can go wrong, the
// tools, the stream, one answer, and the page.

const USUAL_WAIT = 5; // seconds, for a 429 that does not say how long
const MOST_WAITS = 3; // in a row; after one more 429 a person decides

// --- What can go wrong -----------------------------------------------------------------------------------------------

const TITLES = {
  credits: 'You are out of credits.',
  limit: 'Still too many requests.',
  broken: 'The answer broke off.',
  refused: 'The gateway said no.',
  unreachable: 'No gateway is there.',
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
  if (retryAfter === null) return USUAL_WAIT;
  const seconds = /^[\d.]+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : USUAL_WAIT;
}

async function troubleOf(response) {
  const body = await response.json().catch(() => null);
  const message = body?.error?.message ?? `It answered ${response.status}.`;
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
  const told = {type: 'tool_result', tool_use_id: id};
  try {
    return {...told, content: TOOLS[name].run(input)};
  } catch (error) {
    return {...told, content: `${name}: ${error.message}`, is_error: true};
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

// Lets one event happen to an answer. A block that no event has opened is opened by its first delta.
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

// The blocks as the gateway wants them back: no empty text, and the arguments of a tool as an object.
function finished({blocks, ended}) {
  if (!ended) throw new Trouble('broken', 'It ended before it was complete.');
  const found = blocks
    .filter((block) => block && block.text !== '')
    .map(({json, ...block}) => (json ? {...block, input: JSON.parse(json)} : block));
  if (found.length === 0) throw new Trouble('broken', 'There was nothing in it.');
  return found;
}

// One request. Calls `show` with the blocks whenever they have grown; gives them when the answer is complete.
async function ask({base, key, model}, messages, signal, show) {
  const body = {model, max_tokens: 1024, stream: true, tools: OFFERED, messages};
  const headers = {'content-type': 'application/json', 'x-api-key': key, 'anthropic-version': '2023-06-01'};
  const url = `${base.replace(/\/+$/, '')}/v1/messages`;
  let response;
  try {
    response = await fetch(url, {method: 'POST', headers, body: JSON.stringify(body), signal});
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Trouble('unreachable', `${base} does not answer this page. Is the mock running (make serve)?`);
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
    throw new Trouble('broken', error instanceof SyntaxError ? 'It was garbled.' : 'The connection was lost.');
  }
}

// --- One answer ------------------------------------------------------------------------------------------------------

// A conversation. `complete` messages of its history have been answered; the rest is asked again, or dropped.
const newChat = () => ({history: [], complete: 0});
let chat = newChat();

// Asks until the model has no more tools to call. Waits as long as the gateway says, but not for ever.
async function converse(chat, settings, signal) {
  for (let waits = 0; ; ) {
    signal.throwIfAborted();
    const message = page.message('assistant');
    page.status('The answer is coming …');
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
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

const tooMany = (seconds) => `Too many requests. The next try is in ${seconds} second${seconds === 1 ? '' : 's'}.`;

const page = {
  message(role) {
    const made = element('div', `message ${role}${role === 'assistant' ? ' coming' : ''}`);
    made.append(element('span', 'visually-hidden', role === 'user' ? 'You: ' : 'Answer: '));
    at('log').append(made);
    return made;
  },

  // Each block has its element; only what has grown is touched.
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

  // The message is as long as it will be; its tools have given these results.
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

  // Said once to those who hear the page, and counted down for those who see it.
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
    const told = element('p', '');
    told.append(element('strong', '', TITLES[kind] ?? 'This page has a bug.'), message);
    const again = element('button', '', 'Try again');
    again.type = 'button';
    again.addEventListener('click', () => run());
    at('notice').replaceChildren(told, again);
  },

  busy(is) {
    at('log').ariaBusy = String(is);
    at('send').hidden = is;
    at('stop').hidden = !is;
  },
};

let running = null; // the request that Stop stops

// Asks for an answer to the last message of the conversation.
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

// Nothing is asked at the moment.
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
  chat.history.length = chat.complete; // a message without an answer is not asked again
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

// chat.js?base=…&key=…: an app that is started with its settings.
for (const [name, value] of new URLSearchParams(location.search)) {
  if (['base', 'key', 'model'].includes(name)) at(name).value = value;
}
