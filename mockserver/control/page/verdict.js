// The verdict pane: mistakes of the client, each with evidence, the correct behaviour and the reason.

import { get, query } from "./api.js";
import { mountCoverage } from "./coverage.js";
import { button, field, fill, h, text } from "./dom.js";
import { plural, visible } from "./format.js";
import { openRow } from "./route.js";

const RELOAD_DELAY = 700; // milliseconds after the last exchange

/** Fill the pane. */
export function mountVerdict(app, place) {
  const concurrency = h("input", { type: "number", min: 1, placeholder: "any" });
  const readTimeout = h("input", { type: "number", min: 0, step: "any", placeholder: "600" });
  const summary = h("p", { role: "status" });
  const findings = h("div.findings");
  const situations = h("div");
  fill(
    place,
    h("h2", { tabIndex: -1 }, "Verdict"),
    h("p.soft", {}, "Checks client behaviour; lists only proven problems."),
    h("div.fields", {}, field("Max concurrency", concurrency), field("Read timeout (seconds)", readTimeout)),
    summary,
    findings,
    situations,
  );
  mountCoverage(app, situations);

  let timer = 0;
  const load = async () => {
    clearTimeout(timer);
    const { view, session } = app.store.get("route");
    if (view !== "verdict") return;
    try {
      const judged = await get(
        `verdict${query({ session, concurrency: concurrency.value, read_timeout: readTimeout.value })}`,
      );
      draw(app, judged, summary, findings, session);
    } catch (error) {
      text(summary, error.message);
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(load, RELOAD_DELAY);
  };
  concurrency.addEventListener("input", later);
  readTimeout.addEventListener("input", later);
  app.store.watch(["route"], load);
  app.store.watch(["last", "connection"], later);
}

function draw(app, judged, summary, place, session) {
  const { findings: problems } = judged;
  const rules = new Set(problems.map(({ rule }) => rule)).size;
  const scope = session ? "this session" : "all sessions";
  const good = app.rows.last ? `No problems found in ${scope}.` : "No exchanges yet.";
  text(summary, problems.length ? `${plural(problems.length, "problem")} (${plural(rules, "rule")}), ${scope}` : good);
  const key = JSON.stringify(judged);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  fill(place, ...problems.map((problem) => article(app, problem)), judged.exchanges ? coverage(judged) : null);
}

/** Say which rules were checked, and why the others could not be. */
function coverage({ exchanges, checked, unchecked, warnings }) {
  const reasons = Object.entries(unchecked).map(([rule, why]) => h("li", {}, `${rule}: ${why}`));
  const notes = Object.entries(warnings).map(([note, numbers]) =>
    h("li", {}, `${visible(note)} (#${numbers.join(", #")})`),
  );
  return h(
    "section.coverage",
    {},
    h("h3", {}, `Checked in ${plural(exchanges, "exchange")}`),
    h("p", {}, checked.join(", ")),
    reasons.length ? h("h3", {}, "Not checked") : null,
    reasons.length ? h("ul", {}, ...reasons) : null,
    notes.length ? h("h3", {}, "Notes") : null,
    notes.length ? h("ul", {}, ...notes) : null,
  );
}

function article(app, { rule, exchanges, evidence, right, reason }) {
  const links = exchanges.map((number) =>
    button(`#${number}`, () => openRow(app.store, { number }), {
      className: "small",
      "aria-label": `Open exchange ${number}`,
    }),
  );
  return h(
    "article.finding",
    {},
    h("h3", {}, rule),
    h("p", {}, visible(evidence)),
    h("dl", {}, h("dt", {}, "Instead"), h("dd", {}, right), h("dt", {}, "Why"), h("dd", {}, reason)),
    h("p.links", {}, ...links),
  );
}
