// The "Pace" and "Chaos" sections: how fast every reply arrives, and which chaos profile is active.

import { patch, segment } from "./api.js";
import { button, field, fill, h, options, text, uniqueId } from "./dom.js";
import { duration, flow, visible } from "./format.js";
import { attempt, target, targetName, targetSession } from "./target.js";

const SEND_DELAY = 200; // milliseconds after the last move of a slider
const SETTLE_TIME = 1_000; // milliseconds after a move in which updates leave the sliders alone

// The values of the sliders, with small steps where small steps matter.
const FIRST = [0, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 10, 15, 20, 30, 60];
const RATE = [1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 60, 80, 100, 200, 500, Infinity];

/** Fill both sections. */
export function mountPace(app, place) {
  const pace = h("div.section-part");
  const chaos = h("div.section-part");
  fill(place, pace, chaos);
  mountPaceSliders(app, pace);
  mountChaos(app, chaos);
}

/** Change the target session's choices, or the defaults of all sessions. */
async function choose(app, changes, done) {
  const id = target(app);
  await attempt(app, () => patch(id ? `sessions/${segment(id)}` : "defaults", changes), done);
  await app.refresh(id ? "sessions" : "defaults");
}

/** Return what was chosen for the target: for one session, or for all. */
function chosenFor(app) {
  return target(app) ? targetSession(app) : app.store.get("defaults");
}

function mountPaceSliders(app, place) {
  let timer = 0;
  let movedAt = 0;
  const onMove = () => {
    movedAt = Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => send(readSliders(first, rate)), SEND_DELAY);
  };
  const first = slider("First delay", FIRST, duration, onMove);
  const rate = slider("Rate", RATE, (value) => (value === Infinity ? "unlimited" : `${value} tokens/s`), onMove);
  const summary = h("p.soft", { role: "status" });
  const reset = button("", () => send(null), { className: "small" });
  const send = (pace) => choose(app, { pace }, pace ? "" : `Pace reset for ${targetName(app)}`);
  fill(place, h("h3", {}, "Pace"), first.element, rate.element, h("div.line", {}, summary, reset));

  app.store.watch(["defaults", "sessions", "route"], () => {
    const own = chosenFor(app)?.pace;
    const pace = own || app.store.get("defaults")?.pace;
    if (Date.now() - movedAt > SETTLE_TIME) {
      first.set(secondsOf(pace?.first) ?? 0);
      rate.set(rateOf(pace?.rate) ?? Infinity);
    }
    text(summary, paceSummary(own, pace));
    reset.hidden = !own;
    text(reset, target(app) ? "Inherit" : "Use scenario's pace");
  });
}

function paceSummary(own, pace) {
  if (own) return `Applied to every reply: ${flow(own).slice(1, -1)}`;
  return pace ? "Inherited from all sessions." : "Scenario's pace, or no delay.";
}

function mountChaos(app, place) {
  const select = h("select", { onchange: () => chooseProfile(select.value) });
  const about = h("p.soft");
  const chooseProfile = (name) =>
    choose(
      app,
      { chaos: name || null },
      `${name ? `Chaos profile ${name}` : "No chaos profile"} for ${targetName(app)}`,
    );
  fill(place, h("h3", {}, "Chaos"), field("Profile", select), about);

  app.store.watch(["defaults", "sessions", "route", "profiles"], () => {
    const own = chosenFor(app)?.chaos;
    const inherited = app.store.get("defaults")?.chaos;
    const profiles = app.store.get("profiles");
    const unset = target(app) ? `inherit (${inherited || "none"})` : "none";
    options(select, [["", unset], ...profiles.map(({ name }) => [name, name])], own || "");
    const active = profiles.find(({ name }) => name === (own || inherited));
    text(about, active ? visible(active.about) : "No random failures.");
  });
}

function readSliders(first, rate) {
  const pace = { first: `${Math.round(first.value * 1000)}ms` };
  if (rate.value !== Infinity) pace.rate = `${rate.value}/s`;
  return pace;
}

/** Create a range input over a list of values; `format(value)` labels one, `onMove()` is called on input. */
function slider(label, values, format, onMove) {
  const output = h("output");
  const input = h("input", { type: "range", min: 0, max: values.length - 1, step: 1, id: uniqueId("slider") });
  const show = () => {
    text(output, format(values[input.value]));
    input.setAttribute("aria-valuetext", format(values[input.value]));
  };
  input.addEventListener("input", () => {
    show();
    onMove();
  });
  const element = h("div.slider", {}, h("label", { for: input.id }, label), input, output);
  return {
    element,
    get value() {
      return values[input.value];
    },
    set(value) {
      const nearest = values.reduce(
        (best, one, n) => (distance(one, value) < distance(values[best], value) ? n : best),
        0,
      );
      input.value = String(nearest);
      show();
    },
  };
}

function distance(a, b) {
  return a === b ? 0 : Math.abs(Math.min(a, 1e9) - Math.min(b, 1e9));
}

const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Return a pace's first delay ("300ms", 0.3 or {value: 0.3}) in seconds; undefined for a distribution. */
function secondsOf(first) {
  if (typeof first === "number") return first;
  if (first && typeof first === "object") return secondsOf(first.value);
  const match = /^([\d.]+)\s*(ms|s|m|h)?$/.exec(first ?? "");
  return match ? Number(match[1]) * UNITS[match[2] || "s"] : undefined;
}

/** Return a pace's rate ("40/s" or 40) per second; undefined if there is none. */
function rateOf(rate) {
  if (typeof rate === "number") return rate;
  const match = /^([\d.]+)\s*\/\s*(ms|s|m|h)?$/.exec(rate ?? "");
  return match ? Number(match[1]) / UNITS[match[2] || "s"] : undefined;
}
