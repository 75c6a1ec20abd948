// An exchange as something to keep: a curl line, a scenario, a test.

import { get } from "./api.js";
import { copyButton } from "./copy.js";
import { fill, h } from "./dom.js";
import { shown } from "./texts.js";

const KINDS = [
  ["curl", "As curl", "The request again, from a terminal."],
  ["scenario", "As scenario", "YAML that gives this answer to such a request."],
  ["pytest", "As pytest", "A test with the gateway fixture."],
];

/** The copy tab. */
export function drawCopies(app, place, exchange) {
  fill(place, ...KINDS.map((kind) => section(exchange.number, ...kind)));
}

function section(number, kind, title, about) {
  const box = h("div", {}, h("p.soft", {}, "…"));
  const head = h("div.line", {}, h("h3.part", {}, title));
  get(`exchanges/${number}/copy/${kind}`).then(
    ({ text }) => {
      head.append(copyButton(text, title.toLowerCase()));
      fill(box, shown(text, { label: title }));
    },
    (error) => fill(box, h("p.bad", {}, error.message)),
  );
  return h("section.copy-as", {}, head, h("p.soft", {}, about), box);
}
