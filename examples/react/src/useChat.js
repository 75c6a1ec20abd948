// The state of a conversation: its messages, the current status, and the last error.
//
// After a 429 it waits as long as the gateway asks for and counts down. It runs tools and sends back their results. Other
// errors are shown, and the user can try again.

import {useEffect, useReducer, useRef} from 'react';

import {ask, Trouble} from './gateway.js';
import {resultOf} from './tools.js';

const MOST_WAITS = 3; // in a row; after another 429 the user decides

const IDLE = {kind: 'idle'};
const COMING = {role: 'assistant', text: '', calls: [], coming: true};
const START = {messages: [], status: IDLE, trouble: null};

// The state after an event. The last message is the answer in progress.
const happen = {
  said: (state, {text}) => added(state, {role: 'user', text, calls: []}),
  begun: (state) => ({...state, trouble: null, messages: state.messages.filter((message) => !message.broken)}),
  asked: (state) => ({...added(state, COMING), status: {kind: 'coming'}}),
  grown: (state, {answer}) => ({...changed(state, answer), status: {kind: 'busy'}}),
  answered: (state, {calls}) => changed(state, {calls, coming: false}),
  refused: (state) => ({...state, messages: state.messages.slice(0, -1)}),
  broken: (state) => changed(state, {coming: false, broken: true}),
  stopped: (state) => changed(state, {coming: false}),
  waiting: (state, {seconds, left}) => ({...state, status: {kind: 'waiting', seconds, left}}),
  ended: (state, {trouble}) => ({...state, trouble, status: IDLE}),
};

const added = (state, message) => ({...state, messages: [...state.messages, message]});

const changed = (state, fields) => ({
  ...state,
  messages: state.messages.with(-1, {...state.messages.at(-1), ...fields}),
});

// Sends requests until the model calls no more tools, and adds the answers to the history.
async function converse(settings, history, signal, tell) {
  for (let waits = 0; ; ) {
    tell('asked');
    try {
      const {text, calls} = await ask(settings, history, signal, (answer) => tell('grown', {answer}));
      const results = calls.map((call) => ({...call, result: resultOf(call)}));
      tell('answered', {calls: results});
      history.push({role: 'assistant', content: text || null, ...(calls.length && {tool_calls: calls.map(asCall)})});
      history.push(...results.map(({id, result}) => ({role: 'tool', tool_call_id: id, content: result})));
      if (calls.length === 0) return;
      waits = 0;
    } catch (error) {
      tell(outcomeOf(error, signal));
      if (error.kind !== 'limit' || waits === MOST_WAITS) throw error;
      waits += 1;
      await countDown(error.seconds, signal, tell);
    }
  }
}

function outcomeOf(error, signal) {
  if (signal.aborted) return 'stopped';
  return error.kind === 'limit' ? 'refused' : 'broken';
}

const asCall = ({id, name, args}) => ({id, type: 'function', function: {name, arguments: args}});

function countDown(seconds, signal, tell) {
  const end = Date.now() + seconds * 1000;
  const left = () => Math.ceil((end - Date.now()) / 1000);
  return new Promise((resolve, reject) => {
    const over = (settle) => () => {
      clearInterval(timer);
      settle();
    };
    const timer = setInterval(() => (left() > 0 ? tell('waiting', {seconds, left: left()}) : over(resolve)()), 250);
    signal.addEventListener(
      'abort',
      over(() => reject(signal.reason)),
      {once: true},
    );
    tell('waiting', {seconds, left: seconds});
  });
}

/** Return a chat's state and its actions. `settings` has base, apiKey and model. */
export function useChat(settings) {
  const [state, dispatch] = useReducer((state, {type, ...event}) => happen[type](state, event), START);
  const history = useRef([]); // in the gateway's format
  const complete = useRef(0); // this many messages have answers; the rest is sent again or dropped
  const running = useRef(null);

  useEffect(() => () => running.current?.abort(), []); // abort the request when the chat is closed

  const tell = (type, event) => dispatch({type, ...event});

  async function run() {
    const control = new AbortController();
    running.current = control;
    let trouble = null;
    tell('begun');
    try {
      await converse(settings, history.current, control.signal, tell);
      complete.current = history.current.length;
    } catch (error) {
      if (!control.signal.aborted) trouble = error instanceof Trouble ? error : new Trouble('bug', error.message);
    } finally {
      running.current = null;
      tell('ended', {trouble});
    }
  }

  function say(text) {
    history.current.length = complete.current; // drop a message that got no answer
    history.current.push({role: 'user', content: text});
    tell('said', {text});
    run();
  }

  return {...state, say, again: run, stop: () => running.current?.abort()};
}
