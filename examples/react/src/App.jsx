// The page around the chat box: where the gateway is, and what the mock shall play.

import {useState} from 'react';

import {ChatBox} from './ChatBox.jsx';

const SCENARIOS = {
  greeting: 'answer',
  'long-slow-stream': 'slow answer',
  'tool-round-trip': 'tool call',
  'rate-limited-twice': '429 twice',
  'credits-exhausted': 'no credits',
  'stream-breaks': 'broken stream',
};

// ?base=…&key=…: an app that is started with its settings.
const given = new URLSearchParams(location.search);
const DEFAULTS = {
  base: given.get('base') ?? 'http://127.0.0.1:8000',
  key: given.get('key') ?? 'sk_test',
  model: given.get('model') ?? 'qwen-coder-32b',
};

export function App() {
  const [settings, setSettings] = useState(DEFAULTS);
  const [playing, setPlaying] = useState({scenario: '', round: 0});
  const set = (name) => (event) => setSettings({...settings, [name]: event.target.value});

  // A key `sk_mock_NAME` lets the mock play the scenario NAME; what follows is this page's own, so it begins anew.
  const play = (scenario) => {
    setSettings({...settings, key: `sk_mock_${scenario}_${Date.now().toString(36)}`});
    setPlaying({scenario, round: playing.round + 1});
  };

  return (
    <main className="chat">
      <header>
        <h1>Chat in React</h1>
        <p>OpenAI chat completions, streamed, with the official SDK.</p>
      </header>
      <details className="settings" open>
        <summary>Settings</summary>
        <div className="fields">
          <label>
            Base URL <input type="url" value={settings.base} onChange={set('base')} spellCheck={false} />
          </label>
          <label>
            API key <input value={settings.key} onChange={set('key')} autoComplete="off" spellCheck={false} />
          </label>
          <label>
            Model <input value={settings.model} onChange={set('model')} spellCheck={false} />
          </label>
        </div>
        <fieldset className="scenarios">
          <legend>Let the mock play</legend>
          {Object.entries(SCENARIOS).map(([name, label]) => (
            <button key={name} type="button" aria-pressed={name === playing.scenario} onClick={() => play(name)}>
              {label}
            </button>
          ))}
        </fieldset>
      </details>
      <ChatBox key={playing.round} base={settings.base} apiKey={settings.key} model={settings.model} />
    </main>
  );
}
