// A conversation as state: what was said, what is going on, and what went wrong.
//
// Its manners: a 429 is waited out for as long as the gateway says, and told; a tool is run, and its result sent back;
// everything else that goes wrong is told, and asked again when a person says so.

import {useEffect, useReducer, useRef} from 'react';

import {ask, Trouble} from './gateway.js';
import {resultOf} from './tools.js';

const MOST_WAITS = 3; // in a row; after one more 429 a person decides

const IDLE = {kind: 'idle'};
const COMING = {role: 'assistant', text: '', calls: [], coming: true};
const START = {messages: [], status: IDLE, trouble: null};

// The state after one event. The last message is the one that is coming.
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

// Asks until the model has no more tools to call, and adds to the history what was answered.
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

/** A chat: its state, and what a person can do. `settings`: base, apiKey and model. */
export function useChat(settings) {
  const [state, dispatch] = useReducer((state, {type, ...event}) => happen[type](state, event), START);
  const history = useRef([]); // as the gateway wants it
  const complete = useRef(0); // so much of it has been answered; the rest is asked again, or forgotten
  const running = useRef(null);

  useEffect(() => () => running.current?.abort(), []); // who leaves the chat leaves its request

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
    history.current.length = complete.current; // what was never answered is not asked again
    history.current.push({role: 'user', content: text});
    tell('said', {text});
    run();
  }

  return {...state, say, again: run, stop: () => running.current?.abort()};
}
