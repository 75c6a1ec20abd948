// The "Next answer" section: queue an error, a fault or a hold for the next matching request, and cancel queued ones.

import { post, query, remove, segment } from "./api.js";
import { button, field, fill, h, uniqueId } from "./dom.js";
import { FaultPicker, formatFault } from "./faults.js";
import { flow, plural, visible } from "./format.js";
import { attempt, target, targetName, targetSession } from "./target.js";

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
  app.store.watch(["about"], () => drawPresets(app, errors, faults, times, retry));
  app.store.watch(["next", "sessions", "route"], () => drawQueue(app, queued));
}

function timesOf(input) {
  return Math.max(1, Math.floor(Number(input.value)) || 1);
}

/** Draw the server's presets, and the other documented errors behind "other statuses". */
function drawPresets(app, errors, faults, times, retry) {
  const { presets = [], errors: documented = [] } = app.store.get("about") || {};
  const chip = ({ label, about, answer }) => {
    const onclick = () => queue(app, { ...answerOf(answer, retry), times: timesOf(times) }, label);
    return button(label, onclick, { className: answer.turn ? "chip is-error" : "chip", title: about });
  };
  const known = new Set(presets.map(({ answer }) => answer.turn?.error.status));
  const others = new Map(); // the first of each status; scenarios can name the others
  for (const { status, code, title } of documented) {
    if (known.has(status) || others.has(status)) continue;
    others.set(status, { label: String(status), about: `${code}: ${title}`, answer: { turn: { error: { status } } } });
  }
  const more = h(
    "details.more-errors",
    {},
    h("summary", {}, "other statuses"),
    h("div.chips", {}, ...[...others.values()].map(chip)),
  );
  fill(errors, ...presets.filter(({ answer }) => answer.turn).map(chip), others.size ? more : null);
  fill(faults, ...presets.filter(({ answer }) => answer.faults).map(chip));
}

/** Return a preset's answer; a 429 gets the retry-after of its field. */
function answerOf(answer, retry) {
  if (answer.turn?.error.status !== 429) return answer;
  return { turn: { error: { status: 429, retry_after: Math.max(0, Number(retry.value) || 0) } } };
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
    waiting.length
      ? h("p.soft.hint", {}, "A fault stays queued until an answer comes that it can change, such as a stream.")
      : null,
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
