// Next answer: one click, and the next request that fits gets it. What waits is shown, and can be taken back.

import { post, query, remove, segment } from "./api.js";
import { button, field, fill, fresh, h } from "./dom.js";
import { FaultPicker, worded } from "./faults.js";
import { attempt, target, targetName, targetSession } from "./steer.js";
import { count, flow, visible } from "./words.js";

// The errors that every client meets, in a word; all others that are documented stand behind them.
const USUAL = new Map([
  [402, "no credits"],
  [429, "rate limit"],
  [529, "overloaded"],
  [401, "bad key"],
  [403, "not in plan"],
  [404, "not found"],
  [413, "too large"],
  [500, "server error"],
  [502, "bad gateway"],
  [503, "unavailable"],
]);

// The most telling faults: their words on the button, and how each is laid over the next answer.
const TELLING = [
  ["stalls 5 s", "stall"],
  ["streams slowly", "slow"],
  ["error mid-stream", "error_event"],
  ["reset mid-stream", "reset"],
  ["ends too early", "cut"],
  ["malformed JSON", "malformed_json"],
  ["HTML page", "body"],
  ["max_tokens", "max_tokens"],
];

/** The section. */
export function mountNext(app, place) {
  const errors = h("div.chips", { role: "group", "aria-label": "Next answer: an error" });
  const telling = h("div.chips", { role: "group", "aria-label": "Next answer: a fault" });
  const retry = h("input", { type: "number", min: 0, max: 3600, step: 1, value: 2 });
  const times = h("input", { type: "number", min: 1, max: 1000, step: 1, value: 1 });
  const waiting = h("div.waiting");
  const picker = new FaultPicker(app, (fault) => queue(app, { faults: [fault], times: timesOf(times) }, worded(fault)));
  const where = h("input", { type: "text", value: "3", inputMode: "text", size: 9, "aria-describedby": "hold-hint" });
  const holding = h(
    "form.inline",
    { onsubmit: (event) => (event.preventDefault(), holdNext(app, where.value.trim(), timesOf(times))) },
    field("Hold the next stream before event", where),
    h("button", {}, "Hold it"),
  );
  fill(
    place,
    h("h3", {}, "Next answer"),
    errors,
    telling,
    h("div.fields", {}, field("how often", times), field("429: retry-after, seconds", retry)),
    waiting,
    holding,
    h("p.soft.hint", { id: "hold-hint" }, "A number, or a kind such as message_stop. Then step it in the opened stream."),
    picker.element,
  );
  app.store.watch(["about"], () => drawErrors(app, errors, times, retry));
  app.store.watch(["faults"], () => drawTelling(app, telling, times));
  app.store.watch(["next", "sessions", "route"], () => drawWaiting(app, waiting));
}

function timesOf(input) {
  return Math.max(1, Math.floor(Number(input.value)) || 1);
}

function drawErrors(app, place, times, retry) {
  const errors = new Map(); // the first of each status: the others are for scenarios
  for (const error of app.store.get("about")?.errors || []) if (!errors.has(error.status)) errors.set(error.status, error);
  const chip = ({ status, code, title }) => {
    const words = [String(status), USUAL.get(status)].filter(Boolean).join(" ");
    const ask = () => {
      const error = status === 429 ? { status, retry_after: Math.max(0, Number(retry.value) || 0) } : { status };
      return queue(app, { turn: { error, times: timesOf(times) } }, words);
    };
    return button(words, ask, { className: "chip is-error", title: `${code}: ${title}` });
  };
  const others = [...errors.values()].filter(({ status }) => !USUAL.has(status));
  const usual = [...USUAL.keys()].filter((status) => errors.has(status)).map((status) => chip(errors.get(status)));
  const more = h("details.more-errors", {}, h("summary", {}, "other statuses"), h("div.chips", {}, ...others.map(chip)));
  fill(place, ...usual, others.length ? more : null);
}

function drawTelling(app, place, times) {
  const known = new Map(app.store.get("faults").map((fault) => [fault.name, fault]));
  const chips = TELLING.filter(([, name]) => known.has(name)).map(([label, name]) => {
    const { about, example } = known.get(name);
    return button(label, () => queue(app, { faults: [example], times: timesOf(times) }, label), { className: "chip", title: `${name}: ${about}` });
  });
  fill(place, ...chips);
}

function holdNext(app, at, times) {
  const event = /^\d+$/.test(at) ? Number(at) : at;
  return queue(app, { faults: [{ hold: { at: event } }], times }, `hold before ${at}`);
}

/** Queue one answer, or faults for one, for the session that is steered. */
function queue(app, words, what) {
  const act = () => post("next", { session: target(app), ...words });
  return attempt(app, act, `Next for ${targetName(app)}: ${what}`).then(() => refresh(app));
}

function refresh(app) {
  return attempt(app, () => app.refresh("next"));
}

function drawWaiting(app, place) {
  const waiting = [...(targetSession(app)?.waiting || []), ...app.store.get("next")];
  const key = JSON.stringify([waiting, target(app)]);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  const focused = place.contains(document.activeElement);
  fill(place, waiting.length ? title(app, waiting) : h("p.soft", {}, "Nothing waits: the scenario decides."), list(app, waiting));
  if (focused) (place.querySelector("button") || place.closest("section").querySelector("button")).focus();
}

function title(app, waiting) {
  const whose = [...new Set(waiting.map(({ session }) => session))];
  const all = () => Promise.all(whose.map((session) => remove(`next${query({ session })}`)));
  const clear = button("Take all back", () => attempt(app, all).then(() => refresh(app)), { className: "small" });
  return h("div.line", {}, h("h4", {}, `Waiting: ${count(waiting.length, "answer")}`), waiting.length > 1 ? clear : null);
}

function list(app, waiting) {
  const items = waiting.map((one) => {
    const words = visible(meaning(one.words));
    const back = () => attempt(app, () => remove(`next/${segment(one.id)}${query({ session: one.session })}`)).then(() => refresh(app));
    const whose = one.session ? ` · session ${visible(one.session)}` : " · any session";
    return h(
      "li",
      {},
      h("code", {}, words),
      h("span.soft", {}, `${timesSaid(one.times)}${whose}`),
      button("Take back", back, { className: "small", "aria-label": `Take back ${words}` }),
    );
  });
  return items.length ? h("ul", { id: fresh("waiting") }, ...items) : null;
}

function timesSaid(times) {
  if (times === null || times === undefined) return " always";
  return times === 1 ? "" : ` ${times} times`;
}

/** The words of a turn on one line. */
function meaning(words) {
  return flow(words).slice(1, -1);
}
