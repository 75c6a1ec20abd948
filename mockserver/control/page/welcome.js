// The empty state of the traffic list: base URLs, a key and a first request.

import { copyable } from "./clipboard.js";
import { h } from "./dom.js";

/** Build the panel that the empty traffic list shows. */
export function welcome(app) {
  const about = app.store.get("about");
  if (!about) return h("p.soft", {}, "Loading…");
  return h(
    "div.welcome",
    {},
    h("h2", {}, "No requests yet"),
    h("p", {}, "Point your app at the mock. Each exchange appears here as it happens."),
    ...connect(about),
    h(
      "p.soft",
      {},
      "Then try a failure: under Controls, click 402 and send another request. Your app sees that it is out of credits.",
    ),
  );
}

/** Build the list of a client's settings. */
export function connect(about) {
  return [
    h(
      "dl.connect",
      {},
      row("Anthropic SDK base URL", about.url),
      row("OpenAI SDK base URL", about.openai_url),
      row("API key", about.key),
    ),
    h("p", {}, "Or try it from a terminal:"),
    copyable(curl(about), "the curl command"),
  ];
}

function row(label, value) {
  return h("div", {}, h("dt", {}, label), h("dd", {}, copyable(value, label)));
}

function curl({ url, key }) {
  const body = {
    model: "qwen-coder-32b",
    max_tokens: 99,
    stream: true,
    messages: [{ role: "user", content: "Hello!" }],
  };
  return `curl -N ${url}/v1/messages -H 'x-api-key: ${key}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
}
