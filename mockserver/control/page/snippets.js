// The copy tab: the exchange as a curl command, a scenario and a test.

import { get } from "./api.js";
import { copyButton } from "./clipboard.js";
import { fill, h } from "./dom.js";
import { textBox } from "./textbox.js";

const KINDS = [
  [
    "curl",
    "As curl",
    "Sends the same request from a terminal. The mock keeps no keys: set KEY to your client's API key first.",
  ],
  ["scenario", "As scenario", "YAML that returns this answer, with its faults and its pace, to a similar request."],
  ["pytest", "As pytest", "A test that uses the gateway fixture and gets this answer, with its faults."],
];

/** Fill the copy tab. */
export function drawSnippets(place, exchange) {
  fill(place, ...KINDS.map((kind) => section(exchange.number, ...kind)));
}

function section(number, kind, title, about) {
  const box = h("div", {}, h("p.soft", {}, "…"));
  const head = h("div.line", {}, h("h3.part", {}, title));
  get(`exchanges/${number}/copy/${kind}`).then(
    ({ text }) => {
      head.append(copyButton(text, title.toLowerCase()));
      fill(box, textBox(text, { label: title }));
    },
    (error) => fill(box, h("p.bad", {}, error.message)),
  );
  return h("section.copy-as", {}, head, h("p.soft", {}, about), box);
}
