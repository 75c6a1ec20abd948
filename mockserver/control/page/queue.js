// The "Next answer" section: queue an error, a fault or a hold for the next matching request, and cancel queued ones.

import { post, query, remove, segment } from "./api.js";
import { button, field, fill, h, uniqueId } from "./dom.js";
import { FaultPicker, formatFault } from "./faults.js";
import { flow, plural, visible } from "./format.js";
import { attempt, target, targetName, targetSession } from "./target.js";

// The errors most clients meet, with a short label; the other documented ones are behind "other statuses".
const COMMON_ERRORS = new Map([
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

// The most useful faults: the button's label and the fault's name.
const COMMON_FAULTS = [
  ["stalls 5 s", "stall"],
  ["streams slowly", "slow"],
  ["error mid-stream", "error_event"],
  ["reset mid-stream", "reset"],
  ["ends too early", "cut"],
  ["malformed JSON", "malformed_json"],
  ["HTML page", "body"],
  ["max_tokens", "max_tokens"],
];

/** Fill the section. */
export function mountQueue(app, place) {
  const errors = h("div.chips", { role: "group", "aria-label": "Next answer: an error" });
  const faults = h("div.chips", { role: "group", "aria-label": "Next answer: a fault" });
  const retry = h("input", { type: "number", min: 0, max: 3600, step: 1, value: 2 });
  const times = h("input", { type: "number", min: 1, max: 1000, step: 1, value: 1 });
  const queued = h("div.queue");
  const picker = new FaultPicker(app, (fault) =>
    queue(app, { faults: [fault], times: timesOf(times) }, formatFault(fault)),
  );
  const where = h("input", { type: "text", value: "3", inputMode: "text", size: 9, "aria-describedby": "hold-hint" });
  const submitHold = (event) => {
    event.preventDefault();
    holdNext(app, where.value.trim(), timesOf(times));
  };
  const hold = h(
    "form.inline",
    { onsubmit: submitHold },
    field("Hold the next stream before event", where),
    h("button", {}, "Hold"),
  );
  fill(
    place,
    h("h3", {}, "Next answer"),
    errors,
    faults,
    h("div.fields", {}, field("Times", times), field("Retry-After for 429 (seconds)", retry)),
    queued,
    hold,
    h(
      "p.soft.hint",
      { id: "hold-hint" },
      "An event number or a type such as message_stop. Open the stream to step through it.",
    ),
    picker.element,
  );
  app.store.watch(["about"], () => drawErrors(app, errors, times, retry));
  app.store.watch(["faults"], () => drawFaults(app, faults, times));
  app.store.watch(["next", "sessions", "route"], () => drawQueue(app, queued));
}

function timesOf(input) {
  return Math.max(1, Math.floor(Number(input.value)) || 1);
}

function drawErrors(app, place, times, retry) {
  const errors = new Map(); // the first of each status; scenarios can name the others
  for (const error of app.store.get("about")?.errors || [])
    if (!errors.has(error.status)) errors.set(error.status, error);
  const chip = ({ status, code, title }) => {
    const label = [String(status), COMMON_ERRORS.get(status)].filter(Boolean).join(" ");
    const onclick = () => {
      const error = status === 429 ? { status, retry_after: Math.max(0, Number(retry.value) || 0) } : { status };
      return queue(app, { turn: { error, times: timesOf(times) } }, label);
    };
    return button(label, onclick, { className: "chip is-error", title: `${code}: ${title}` });
  };
  const others = [...errors.values()].filter(({ status }) => !COMMON_ERRORS.has(status));
  const common = [...COMMON_ERRORS.keys()]
    .filter((status) => errors.has(status))
    .map((status) => chip(errors.get(status)));
  const more = h(
    "details.more-errors",
    {},
    h("summary", {}, "other statuses"),
    h("div.chips", {}, ...others.map(chip)),
  );
  fill(place, ...common, others.length ? more : null);
}

function drawFaults(app, place, times) {
  const known = new Map(app.store.get("faults").map((fault) => [fault.name, fault]));
  const chips = COMMON_FAULTS.filter(([, name]) => known.has(name)).map(([label, name]) => {
    const { about, example } = known.get(name);
    return button(label, () => queue(app, { faults: [example], times: timesOf(times) }, label), {
      className: "chip",
      title: `${name}: ${about}`,
    });
  });
  fill(place, ...chips);
}

function holdNext(app, at, times) {
  const event = /^\d+$/.test(at) ? Number(at) : at;
  return queue(app, { faults: [{ hold: { at: event } }], times }, `hold before ${at}`);
}

/** Queue an answer, or faults for one, for the target session. */
function queue(app, response, label) {
  const act = () => post("next", { session: target(app), ...response });
  return attempt(app, act, `Queued for ${targetName(app)}: ${label}`).then(() => refresh(app));
}

function refresh(app) {
  return attempt(app, () => app.refresh("next"));
}

function drawQueue(app, place) {
  const waiting = [...(targetSession(app)?.waiting || []), ...app.store.get("next")];
  const key = JSON.stringify([waiting, target(app)]);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  const focused = place.contains(document.activeElement);
  fill(
    place,
    waiting.length ? title(app, waiting) : h("p.soft", {}, "Queue empty; requests get their normal answer."),
    list(app, waiting),
  );
  if (focused) (place.querySelector("button") || place.closest("section").querySelector("button")).focus();
}

function title(app, waiting) {
  const sessions = [...new Set(waiting.map(({ session }) => session))];
  const all = () => Promise.all(sessions.map((session) => remove(`next${query({ session })}`)));
  const clear = button("Cancel all", () => attempt(app, all).then(() => refresh(app)), { className: "small" });
  return h(
    "div.line",
    {},
    h("h4", {}, `Queued: ${plural(waiting.length, "answer")}`),
    waiting.length > 1 ? clear : null,
  );
}

function list(app, waiting) {
  const items = waiting.map((item) => {
    const words = visible(inline(item.words));
    const cancel = () =>
      attempt(app, () => remove(`next/${segment(item.id)}${query({ session: item.session })}`)).then(() =>
        refresh(app),
      );
    const scope = item.session ? ` · session ${visible(item.session)}` : " · any session";
    return h(
      "li",
      {},
      h("code", {}, words),
      h("span.soft", {}, `${timesLabel(item.times)}${scope}`),
      button("Cancel", cancel, { className: "small", "aria-label": `Cancel ${words}` }),
    );
  });
  return items.length ? h("ul", { id: uniqueId("waiting") }, ...items) : null;
}

function timesLabel(times) {
  if (times === null || times === undefined) return " every time";
  return times === 1 ? "" : ` ${times} times`;
}

/** Format a turn on one line. */
function inline(turn) {
  return flow(turn).slice(1, -1);
}
