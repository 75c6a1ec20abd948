// The timeline of an answer: one stroke for each event, in the lane of its type; bands for pauses and holds; a line
// where the answer broke off or the client left. The list of events below it has the same information as text.

import { h, s } from "./dom.js";
import { duration, plural, spaced } from "./format.js";

const LANES = ["frame", "block", "text", "other", "error", "end"];
const NAMES = { frame: "message", block: "blocks, tools", text: "text", other: "other", error: "error", end: "end" };
const LEFT = 84; // room for the names of the lanes
const RIGHT = 14;
const TOP = 18; // room for labels above bands and lines
const LANE = 16;
const AT_ONCE = 0.005; // seconds; faster streams are drawn in order, since their times are too close to tell apart
const NOTICEABLE = 0.1; // seconds; shorter pauses are not marked
const NARROW = 30; // pixels; a narrower band gets no label

// The lane of each type of event; unknown types share the lane "other".
const LANE_OF = {
  message_start: "frame",
  ping: "frame",
  message_delta: "frame",
  message_stop: "end",
  content_block_start: "block",
  content_block_stop: "block",
  content_block_delta: "text",
  role: "frame",
  reasoning: "text",
  text: "text",
  tool_call: "block",
  finish: "end",
  usage: "frame",
  done: "end",
  error: "error",
};

/** Return the lane of an event type. */
export function lane(kind) {
  return LANE_OF[kind] || (kind ? "other" : "text");
}

/** The timeline. `choose(n)` is called with the number of the clicked event. */
export class Timeline {
  constructor(choose) {
    this.choose = choose;
    this.svg = s("svg", { role: "img", class: "axis", onclick: (event) => this.onClick(event) });
    this.element = h("div.timeline", {}, this.svg);
    this.exchange = null;
    new ResizeObserver(() => this.render()).observe(this.element);
  }

  draw(exchange) {
    this.exchange = exchange;
    this.render();
  }

  /** Move the cursor to an event; null hides it. */
  point(event) {
    this.event = event;
    this.drawCursor();
  }

  render() {
    const width = this.element.clientWidth;
    const { exchange } = this;
    if (!exchange || width < 60) return;
    const { events } = exchange.answer;
    const kinds = new Set(events.map((event) => lane(event.kind)));
    this.lanes = LANES.filter((name) => kinds.has(name));
    if (!this.lanes.length) this.lanes = ["text"];
    this.width = width;
    this.height = TOP + this.lanes.length * LANE;
    this.span = Math.max(lastMoment(exchange), 0.001);
    const spread = events.length > 1 ? events.at(-1).seconds - events[0].seconds : Infinity;
    this.inOrder = spread < AT_ONCE && this.span < 10 * AT_ONCE ? events.length : 0;
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", this.height + 22);
    this.svg.setAttribute("aria-label", description(exchange));
    this.svg.replaceChildren(...this.grid(events), ...this.bands(), ...this.strokes(events), ...this.lines());
    this.cursor = s("line", { class: "cursor", y1: TOP - 4, y2: this.height + 2 });
    this.svg.append(this.cursor);
    this.drawCursor();
  }

  x(seconds) {
    return LEFT + (Math.min(seconds, this.span) / this.span) * (this.width - LEFT - RIGHT);
  }

  /** Return an event's x position: by its time or, if all came at once, by its order. */
  place(event) {
    return this.inOrder ? this.x((this.span * (event.n - 1)) / (this.inOrder - 1)) : this.x(event.seconds);
  }

  y(name) {
    return TOP + this.lanes.indexOf(name) * LANE;
  }

  grid(events) {
    const parts = this.lanes.map((name) => s("text", { class: "lane", x: 0, y: this.y(name) + 12 }, NAMES[name]));
    for (const name of this.lanes) {
      const y = this.y(name) + LANE - 0.5;
      parts.push(s("line", { class: "rule", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }));
    }
    if (this.inOrder) {
      parts.push(
        s(
          "text",
          { class: "time", x: LEFT, y: this.height + 16 },
          `all at once, after ${duration(events[0].seconds)}; drawn in order`,
        ),
      );
      return parts;
    }
    for (const seconds of ticks(this.span, this.width < 500 ? 3 : 6)) {
      const x = this.x(seconds);
      parts.push(s("line", { class: "tick", x1: x, x2: x, y1: this.height, y2: this.height + 4 }));
      const anchor = seconds === 0 ? "start" : x > this.width - 50 ? "end" : "middle";
      parts.push(s("text", { class: "time", x, y: this.height + 16, "text-anchor": anchor }, duration(seconds)));
    }
    return parts;
  }

  // Pauses and holds, each from the event before it to the event after it.
  bands() {
    const { answer } = this.exchange;
    const waits = this.exchange.waits.filter(({ before }) => this.exchange.number || before <= answer.events.length);
    const at = (n) => answer.events[n - 1]?.seconds;
    const band = (kind, n, seconds, label) => {
      const end = at(n) ?? this.span;
      const start = Math.max(n > 1 ? (at(n - 1) ?? 0) : 0, end - seconds);
      const [x, width] = [this.x(start), Math.max(2, this.x(end) - this.x(start))];
      const parts = [s("rect", { class: `band ${kind}`, x, y: TOP - 2, width, height: this.height - TOP + 2 })];
      if (width > NARROW + label.length * 3) {
        parts.push(s("text", { class: `label ${kind}`, x: x + width / 2, y: 11, "text-anchor": "middle" }, label));
      }
      return parts;
    };
    return [
      ...notable(waits).flatMap(({ before, seconds }) => band("waits", before, seconds, duration(seconds))),
      ...this.holds().flatMap(({ before, seconds }) => band("held", before, seconds, "held")),
    ];
  }

  // Past holds, and the present one.
  holds() {
    const { held, holds, seconds, answer } = this.exchange;
    const last = answer.events.at(-1)?.seconds ?? 0;
    return held ? [...holds, { before: answer.events.length + 1, seconds: seconds - last }] : holds;
  }

  // A single path for each lane, however many events there are.
  strokes(events) {
    const paths = new Map(this.lanes.map((name) => [name, ""]));
    for (const event of events) {
      const name = lane(event.kind);
      paths.set(name, `${paths.get(name)}M${this.place(event).toFixed(1)} ${this.y(name) + 2.5}v${LANE - 6}`);
    }
    return [...paths].map(([name, d]) => s("path", { class: `stroke ${name}`, d: d || "M0 0" }));
  }

  lines() {
    const { breaks } = this.exchange;
    if (!breaks) return [];
    const kind = breaks.how === "client_left" ? "left" : "broken";
    const x = this.x(this.span);
    return [
      s("line", { class: `line ${kind}`, x1: x, x2: x, y1: TOP - 4, y2: this.height + 2 }),
      s(
        "text",
        { class: `label ${kind}`, x, y: 11, "text-anchor": "end" },
        `${spaced(breaks.how)} after ${breaks.after}`,
      ),
    ];
  }

  drawCursor() {
    if (!this.cursor) return;
    this.cursor.style.display = this.event ? "" : "none";
    if (!this.event) return;
    const x = this.place(this.event);
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
  }

  onClick(event) {
    const { events } = this.exchange.answer;
    if (!events.length) return;
    const box = this.svg.getBoundingClientRect();
    const clickedLane = this.lanes[Math.floor((event.clientY - box.top - TOP) / LANE)];
    const x = event.clientX - box.left;
    const inLane = events.filter(({ kind }) => lane(kind) === clickedLane);
    const gap = (candidate) => Math.abs(this.place(candidate) - x);
    const nearest = (inLane.length ? inLane : events).reduce((best, next) => (gap(next) < gap(best) ? next : best));
    this.choose(String(nearest.n));
  }
}

/** Return the pauses that stand out, such as a first delay or a stall; not those of an even pace. */
export function notable(waits) {
  const median = waits.map(({ seconds }) => seconds).sort((a, b) => a - b)[Math.floor(waits.length / 2)] ?? 0;
  const least = waits.length > 2 ? Math.max(NOTICEABLE, 5 * median) : NOTICEABLE;
  return waits.filter(({ seconds }) => seconds >= least);
}

function lastMoment({ seconds, answer, number }) {
  const last = answer.events.at(-1)?.seconds ?? 0;
  return number ? Math.max(last, seconds || 0) : Math.max(last, seconds || 0, 0.2);
}

/** Return round times from zero to the end: 0, 0.5, 1, 1.5 for 1.7. */
function ticks(span, most) {
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((candidate) => candidate >= rough);
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, n) => n * step);
}

function description({ answer, seconds, waits, holds, breaks, faults }) {
  const parts = [
    `${plural(answer.events.length, "event")} in ${duration(seconds ?? answer.events.at(-1)?.seconds ?? 0)}`,
  ];
  const long = notable(waits);
  if (long.length)
    parts.push(`waits ${long.map((wait) => `${duration(wait.seconds)} before event ${wait.before}`).join(", ")}`);
  if (holds.length) parts.push(`held before event ${holds.map((hold) => hold.before).join(", ")}`);
  if (faults.length) parts.push(`faults ${faults.join(", ")}`);
  if (breaks) parts.push(`${spaced(breaks.how)} after event ${breaks.after}`);
  return parts.join("; ");
}
