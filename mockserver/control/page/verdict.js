// The verdict: what the client did wrong, with the evidence, what is right, and why.

import { get, query } from "./api.js";
import { button, field, fill, h, text } from "./dom.js";
import { openRow } from "./route.js";
import { count, spaced, visible } from "./words.js";

const PAUSE = 700; // milliseconds after the last exchange

/** The pane. */
export function mountVerdict(app, place) {
  const concurrency = h("input", { type: "number", min: 1, placeholder: "any" });
  const patience = h("input", { type: "number", min: 0, step: "any", placeholder: "600" });
  const summary = h("p", { role: "status" });
  const findings = h("div.findings");
  fill(
    place,
    h("h2", { tabIndex: -1 }, "Verdict"),
    h("p.soft", {}, "What the client did on the wire, judged. Without evidence nothing is said."),
    h("div.fields", {}, field("requests at a time", concurrency), field("read timeout, seconds", patience)),
    summary,
    findings,
  );

  let timer = 0;
  const look = async () => {
    clearTimeout(timer);
    const { view, session } = app.store.get("route");
    if (view !== "verdict") return;
    try {
      const told = await get(`verdict${query({ session, concurrency: concurrency.value, read_timeout: patience.value })}`);
      draw(app, told.findings, summary, findings, session);
    } catch (error) {
      text(summary, error.message);
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  };
  concurrency.addEventListener("input", later);
  patience.addEventListener("input", later);
  app.store.watch(["route"], look);
  app.store.watch(["last", "connection"], later);
}

function draw(app, found, summary, place, session) {
  const rules = new Set(found.map(({ rule }) => rule)).size;
  const whose = session ? "this session" : "all sessions";
  const good = app.rows.last ? `Nothing to blame in the exchanges of ${whose}.` : "No exchange yet: there is nothing to judge.";
  text(summary, found.length ? `${count(found.length, "finding")} of ${count(rules, "rule")}, ${whose}` : good);
  const key = JSON.stringify(found);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  fill(place, ...found.map((one) => finding(app, one)));
}

function finding(app, { rule, exchanges, evidence, right, reason }) {
  const links = exchanges.map((number) => button(`#${number}`, () => openRow(app.store, { number }), { className: "small", "aria-label": `Open exchange ${number}` }));
  return h(
    "article.finding",
    {},
    h("h3", {}, spaced(rule).replaceAll("-", " ")),
    h("p", {}, visible(evidence)),
    h("dl", {}, h("dt", {}, "right"), h("dd", {}, right), h("dt", {}, "because"), h("dd", {}, reason)),
    h("p.links", {}, ...links),
  );
}
