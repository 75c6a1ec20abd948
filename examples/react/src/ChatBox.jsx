// A chat box: the messages, a status line, an error notice and a text field. useChat has its behaviour.

import {useEffect, useRef, useState} from 'react';

import {useChat} from './useChat.js';

const TITLES = {
  credits: 'You are out of credits.',
  limit: 'Still too many requests.',
  broken: 'The answer was cut off.',
  refused: 'The gateway rejected the request.',
  unreachable: 'Cannot reach the gateway.',
  bug: 'This page has a bug.',
};

const tooMany = (seconds) => `Too many requests. The next try is in ${seconds} second${seconds === 1 ? '' : 's'}.`;

/** `base` is the gateway's URL; `apiKey` and `model` are those of the SDK. */
export function ChatBox({base, apiKey, model}) {
  const {messages, status, trouble, say, again, stop} = useChat({base, apiKey, model});
  const busy = status.kind !== 'idle';
  return (
    <>
      <section className="log" role="log" aria-label="Conversation" aria-busy={busy}>
        {messages.map((message, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages have no id, and only the last ones come and go
          <Message key={index} {...message} />
        ))}
      </section>
      <div className="foot">
        <Status {...status} />
        <div className="notice" role="alert">
          {trouble && (
            <>
              <p>
                <strong>{TITLES[trouble.kind]}</strong>
                {trouble.message}
              </p>
              <button type="button" onClick={again}>
                Try again
              </button>
            </>
          )}
        </div>
        <Composer busy={busy} onSay={say} onStop={stop} />
      </div>
    </>
  );
}

function Message({role, text, calls, coming = false, broken = false}) {
  const place = useRef(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scroll whenever the message has grown
  useEffect(() => {
    place.current.scrollIntoView({block: 'nearest'});
  }, [text, calls]);
  return (
    <div ref={place} className={`message ${role}${coming ? ' coming' : ''}${broken ? ' broken' : ''}`}>
      <span className="visually-hidden">{role === 'user' ? 'You: ' : 'Answer: '}</span>
      {text && <p>{text}</p>}
      {calls.map(({id, name, args, result}) => (
        <figure key={id} className="tool">
          <figcaption>{name}</figcaption>
          <pre>{args}</pre>
          {result !== undefined && <pre className="result">{result}</pre>}
        </figure>
      ))}
    </div>
  );
}

/* Counts down on the screen; a screen reader announces the wait only once. */
function Status({kind, seconds, left}) {
  return (
    <div className={`status ${kind}`} role="status">
      {kind === 'coming' && 'Waiting for the answer …'}
      {kind === 'waiting' && (
        <>
          <span className="visually-hidden">{tooMany(seconds)}</span>
          <span aria-hidden="true">{tooMany(left)}</span>
        </>
      )}
    </div>
  );
}

function Composer({busy, onSay, onStop}) {
  const [text, setText] = useState('');

  function send(event) {
    event.preventDefault();
    if (busy || text.trim() === '') return;
    onSay(text.trim());
    setText('');
  }

  function onKeyDown(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
  }

  return (
    <form className="composer" onSubmit={send}>
      <textarea
        aria-label="Message"
        placeholder="Message"
        rows={1}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {busy ? (
        <button type="button" onClick={onStop}>
          Stop
        </button>
      ) : (
        <button type="submit">Send</button>
      )}
    </form>
  );
}
