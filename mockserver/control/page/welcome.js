// What a newcomer needs: where the mock is, a key, and one line that makes something happen.

import { h } from "./dom.js";
import { copyable } from "./copy.js";

/** Base URLs, key, and a first request. */
export function welcome(app) {
  const about = app.store.get("about");
  if (!about) return h("p.soft", {}, "Asking the mock…");
  return h(
    "div.welcome",
    {},
    h("h2", {}, "Nothing has been asked yet"),
    h("p", {}, "Point your app at the mock; every exchange appears here as it happens."),
    ...connect(about),
    h("p.soft", {}, "Then make it misbehave: under Steer, click 402 and ask again. Your app has no credits left."),
  );
}

/** Where to point a client. */
export function connect(about) {
  return [
    h(
      "dl.connect",
      {},
      row("Anthropic SDK, base URL", about.url),
      row("OpenAI SDK, base URL", about.openai_url),
      row("API key", about.key),
    ),
    h("p", {}, "Or try it from a terminal:"),
    copyable(curl(about), "the curl line"),
  ];
}

function row(label, value) {
  return h("div", {}, h("dt", {}, label), h("dd", {}, copyable(value, label)));
}

function curl({ url, key }) {
  const body = { model: "qwen-coder-32b", max_tokens: 99, stream: true, messages: [{ role: "user", content: "Hello!" }] };
  return `curl -N ${url}/v1/messages -H 'x-api-key: ${key}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
}
