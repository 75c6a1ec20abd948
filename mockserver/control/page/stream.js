// A stream event by event: the time axis, and beneath it the list of what came, with its data.

import { fill, h, mark, text } from "./dom.js";
import { List } from "./list.js";
import { go } from "./route.js";
import { shown } from "./texts.js";
import { Timeline, lane, notable } from "./timeline.js";
import { brief, duration, pretty, size, spaced } from "./words.js";

/** The stream tab. It lives as long as the pane: a live answer grows in it. */
export class Stream {
  constructor(app) {
    this.app = app;
    this.timeline = new Timeline((n) => this.choose(n, true));
    this.list = new List({
      label: "Events",
      name: "events",
      key: (item) => item.key,
      make: makeRow,
      update: updateRow,
      choose: (item) => this.choose(item.key),
    });
    this.list.onscroll = () => (this.list.following = this.list.atEnd);
    this.data = h("div.event-data", { role: "region", "aria-label": "Data of the event", tabIndex: 0 });
    this.element = h("div.stream", {}, this.timeline.element, h("div.events-box", {}, this.list.element, this.data));
    this.exchange = null;
  }

  draw(exchange, fresh) {
    this.exchange = exchange;
    const items = itemsOf(exchange);
    if (fresh) {
      this.list.following = !exchange.number;
      this.shownKey = null;
    }
    this.list.show(items);
    this.timeline.draw(exchange, fresh);
    this.mark(this.app.store.get("route").event, fresh);
  }

  /** Choose an event (or a mark between events) by its key. */
  choose(key, reveal = false) {
    go(this.app.store, { event: String(key) }, { quietly: true });
    this.mark(String(key), reveal);
  }

  mark(key, reveal) {
    const item = this.list.items.find((one) => one.key === key);
    if (this.list.current !== key || reveal) {
      if (item) this.list.following = false;
      this.list.select(item ? key : "", { reveal });
    }
    this.timeline.point(item?.event || null);
    this.drawData(item);
  }

  drawData(item) {
    const key = item ? item.key : "";
    if (this.shownKey === key) return;
    this.shownKey = key;
    mark(this.data, "none", !item);
    if (!item) {
      fill(this.data, h("p.soft", {}, "Choose an event to see its data: ↑ and ↓ in the list, or a click on the axis."));
    } else if (!item.event) {
      fill(this.data, h("p", {}, item.words), h("p.soft", {}, item.about));
    } else {
      const { n, kind, data, bytes, seconds } = item.event;
      const title = h("h4", {}, `Event ${n}: ${spaced(kind || "body")}`, h("span.soft", {}, ` ${duration(seconds)} · ${size(bytes)}`));
      const parsed = readable(data, kind);
      fill(this.data, title, shown(data, { label: "As it was sent" }), parsed ? shown(parsed, { label: "Its data, indented" }) : null);
    }
  }
}

/** Events, and between them the marks of what else happened: pauses, holds, the end if it was no good one. */
function itemsOf(exchange) {
  const { answer, waits, holds, breaks, number } = exchange;
  const before = new Map();
  const add = (n, item) => before.set(n, [...(before.get(n) || []), item]);
  for (const { before: n, seconds } of notable(waits)) {
    if (!number && n > answer.events.length) continue; // it has not come to that yet
    add(n, note(`wait-${n}`, "waits", `waits ${duration(seconds)}`, "A planned pause: pace, or a fault such as stall."));
  }
  for (const { before: n, seconds } of holds) {
    add(n, note(`hold-${n}`, "held", `held for ${duration(seconds)}`, "Somebody held the stream here."));
  }
  const items = [];
  for (const event of answer.events) {
    items.push(...(before.get(event.n) || []), { key: String(event.n), event });
  }
  const next = answer.events.length + 1;
  for (const [n, marks] of before) if (n >= next) items.push(...marks);
  if (answer.events_cut) items.push(note("cut", "waits", "later events are not shown", "The answer is kept whole; see Response, Download."));
  if (breaks) items.push(note("break", breaks.how === "client_left" ? "left" : "broken", spaced(breaks.how), `After event ${breaks.after}.`));
  return items;
}

function note(key, kind, words, about) {
  return { key, kind, words, about };
}

function makeRow() {
  const row = h("div.event");
  row.cells = ["n", "seconds", "kind", "data"].map((name) => h(`span.${name}`));
  row.append(...row.cells);
  return row;
}

function updateRow(row, { event, kind, words }) {
  const [n, seconds, name, data] = row.cells;
  row.dataset.kind = event ? lane(event.kind) : kind;
  text(n, event ? String(event.n) : "");
  text(seconds, event ? duration(event.seconds) : "");
  text(name, event ? event.kind || "body" : words);
  text(data, event ? gist(event) : "");
}

/** The data of a frame without its field names. */
function payload(frame, kind) {
  if (!kind) return frame;
  const lines = frame.split(/\r\n|\r|\n/);
  const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
  return data.length ? data.join("\n") : frame;
}

/** The telling part of an event: what a delta says, why it stopped; else its data. Found once. */
function gist(event) {
  if (event.gist === undefined) {
    const data = payload(event.data, event.kind);
    const said = event.kind && data.length < 20_000 ? telling(data) : undefined;
    event.gist = typeof said === "string" ? `“${brief(said, 160)}”` : brief(data, 160);
  }
  return event.gist;
}

function telling(data) {
  try {
    const { type, delta, choices, error } = JSON.parse(data);
    if (error?.message) return error.message;
    if (type === "content_block_delta") return delta.text ?? delta.partial_json ?? delta.thinking;
    if (type === "message_delta") return delta.stop_reason;
    const chosen = choices?.[0];
    return chosen?.finish_reason ?? (chosen?.delta?.content || chosen?.delta?.tool_calls?.[0]?.function?.arguments || undefined);
  } catch {
    return undefined; // odd data is shown as it is
  }
}

function readable(frame, kind) {
  const data = payload(frame, kind);
  const better = pretty(data);
  return better === data ? "" : better;
}
