// The page around the chat box: the gateway's address, and which scenario the mock plays.

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

// ?base=…&key=…&model=… sets the settings.
const parameters = new URLSearchParams(location.search);
const DEFAULTS = {
  base: parameters.get('base') ?? 'http://127.0.0.1:8000',
  key: parameters.get('key') ?? 'sk_test',
  model: parameters.get('model') ?? 'qwen-coder-32b',
};

export function App() {
  const [settings, setSettings] = useState(DEFAULTS);
  const [playing, setPlaying] = useState({scenario: '', round: 0});
  const set = (name) => (event) => setSettings({...settings, [name]: event.target.value});

  // A key `sk_mock_NAME` makes the mock play the scenario NAME; the rest of the key is unique, so the scenario starts again.
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
          <legend>Play a scenario</legend>
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
