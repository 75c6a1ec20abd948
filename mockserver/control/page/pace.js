// Pace and chaos: how fast every reply comes, and what goes wrong by chance.

import { patch, segment } from "./api.js";
import { button, field, fill, fresh, h, options, text } from "./dom.js";
import { attempt, target, targetName, targetSession } from "./steer.js";
import { duration, flow, visible } from "./words.js";

const PAUSE = 200; // milliseconds after the last move of a slider

// Sliders go by feeling: small steps where small steps matter.
const FIRST = [0, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 10, 15, 20, 30, 60];
const RATE = [1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 60, 80, 100, 200, 500, Infinity];

/** The section. */
export function mountPace(app, place) {
  const first = slider("First delay", FIRST, (seconds) => duration(seconds), () => later());
  const rate = slider("Rate", RATE, (one) => (one === Infinity ? "all at once" : `${one} tokens a second`), () => later());
  const said = h("p.soft", { role: "status" });
  const back = button("", () => choose(null), { className: "small" });
  const chaos = h("select", { onchange: () => chooseChaos(chaos.value) });
  const about = h("p.soft");
  fill(
    place,
    h("h3", {}, "Pace"),
    first.element,
    rate.element,
    h("div.line", {}, said, back),
    h("h3", {}, "Chaos"),
    field("Profile", chaos),
    about,
  );

  let timer = 0;
  let moved = 0; // sliders that are moved are not drawn over
  const later = () => {
    moved = Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => choose(read(first, rate)), PAUSE);
  };
  const send = async (words, done) => {
    const id = target(app);
    await attempt(app, () => (id ? patch(`sessions/${segment(id)}`, words) : patch("defaults", words)), done);
    await app.refresh(id ? "sessions" : "defaults");
  };
  const choose = (pace) => send({ pace }, pace ? "" : `The scenario's pace for ${targetName(app)}`);
  const chooseChaos = (name) =>
    send({ chaos: name || null }, name ? `Chaos ${name} for ${targetName(app)}` : `No chaos for ${targetName(app)}`);

  const draw = () => {
    const all = app.store.get("defaults");
    const own = target(app) ? targetSession(app) : all;
    const pace = own?.pace || (target(app) ? all?.pace : null);
    if (Date.now() - moved > 1000) {
      first.set(secondsOf(pace?.first) ?? 0);
      rate.set(rateOf(pace?.rate) ?? Infinity);
    }
    text(said, own?.pace ? `Laid over every reply: ${flow(own.pace).slice(1, -1)}` : pace ? "As for all sessions." : "As the scenario says; else at once.");
    back.hidden = !own?.pace;
    text(back, target(app) ? "As for all" : "As the scenario says");
    drawChaos(own, all);
  };
  const drawChaos = (own, all) => {
    const profiles = app.store.get("profiles");
    const nothing = target(app) ? `as for all: ${all?.chaos || "none"}` : "none";
    options(chaos, [["", nothing], ...profiles.map(({ name }) => [name, name])], own?.chaos || "");
    const known = profiles.find(({ name }) => name === (own?.chaos || all?.chaos));
    text(about, known ? visible(known.about) : "Nothing goes wrong by chance.");
  };
  app.store.watch(["defaults", "sessions", "route", "profiles"], draw);
}

function read(first, rate) {
  const pace = { first: `${Math.round(first.value * 1000)}ms` };
  if (rate.value !== Infinity) pace.rate = `${rate.value}/s`;
  return pace;
}

/** A range input over a row of values. */
function slider(label, values, words, moved) {
  const output = h("output");
  const input = h("input", { type: "range", min: 0, max: values.length - 1, step: 1, id: fresh("slider") });
  const show = () => {
    text(output, words(values[input.value]));
    input.setAttribute("aria-valuetext", words(values[input.value]));
  };
  input.addEventListener("input", () => {
    show();
    moved();
  });
  const element = h("div.slider", {}, h("label", { for: input.id }, label), input, output);
  return {
    element,
    get value() {
      return values[input.value];
    },
    set(value) {
      const nearest = values.reduce((best, one, n) => (distance(one, value) < distance(values[best], value) ? n : best), 0);
      input.value = String(nearest);
      show();
    },
  };
}

function distance(a, b) {
  return a === b ? 0 : Math.abs(Math.min(a, 1e9) - Math.min(b, 1e9));
}

const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** "300ms", 0.3 or {value: 0.3} in seconds; undefined for a distribution. */
function secondsOf(first) {
  if (typeof first === "number") return first;
  if (first && typeof first === "object") return secondsOf(first.value);
  const found = /^([\d.]+)\s*(ms|s|m|h)?$/.exec(first ?? "");
  return found ? Number(found[1]) * UNITS[found[2] || "s"] : undefined;
}

/** "40/s" or 40 a second; undefined for none. */
function rateOf(rate) {
  if (typeof rate === "number") return rate;
  const found = /^([\d.]+)\s*\/\s*(ms|s|m|h)?$/.exec(rate ?? "");
  return found ? Number(found[1]) / UNITS[found[2] || "s"] : undefined;
}
