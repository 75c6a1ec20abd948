// The stream tab: the timeline, and below it the list of events with their data.

import { fill, h, mark, text } from "./dom.js";
import { brief, duration, pretty, size, spaced } from "./format.js";
import { List } from "./list.js";
import { go } from "./route.js";
import { textBox } from "./textbox.js";
import { lane, notable, Timeline } from "./timeline.js";

/** The stream tab. One instance serves every exchange, and updates in place while a live answer grows. */
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
    this.data = h("div.event-data", { role: "region", "aria-label": "Event data", tabIndex: 0 });
    this.element = h("div.stream", {}, this.timeline.element, h("div.events-box", {}, this.list.element, this.data));
    this.exchange = null;
  }

  draw(exchange, isNew) {
    this.exchange = exchange;
    const items = itemsOf(exchange);
    if (isNew) {
      this.list.following = !exchange.number;
      this.shownKey = null;
    }
    this.list.show(items);
    this.timeline.draw(exchange, isNew);
    this.mark(this.app.store.get("route").event, isNew);
  }

  /** Select an event (or a mark between events) by its key. */
  choose(key, reveal = false) {
    go(this.app.store, { event: String(key) }, { quietly: true });
    this.mark(String(key), reveal);
  }

  mark(key, reveal) {
    const item = this.list.items.find((entry) => entry.key === key);
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
      fill(
        this.data,
        h("p.soft", {}, "Select an event to see its data: use ↑ and ↓ in the list, or click the timeline."),
      );
    } else if (!item.event) {
      fill(this.data, h("p", {}, item.label), h("p.soft", {}, item.about));
    } else {
      const { n, kind, data, bytes, seconds } = item.event;
      const title = h(
        "h4",
        {},
        `Event ${n}: ${spaced(kind || "body")}`,
        h("span.soft", {}, ` ${duration(seconds)} · ${size(bytes)}`),
      );
      const indented = indentedData(data, kind);
      fill(
        this.data,
        title,
        textBox(data, { label: "Raw data" }),
        indented ? textBox(indented, { label: "Formatted data" }) : null,
      );
    }
  }
}

/** Return the events, with marks between them for pauses, holds and an early end. */
function itemsOf(exchange) {
  const { answer, waits, holds, breaks, number } = exchange;
  const before = new Map();
  const add = (n, item) => before.set(n, [...(before.get(n) || []), item]);
  for (const { before: n, seconds } of notable(waits)) {
    if (!number && n > answer.events.length) continue; // still ahead
    add(
      n,
      note(
        `wait-${n}`,
        "waits",
        `waits ${duration(seconds)}`,
        "A planned pause, from the pace or a fault such as stall.",
      ),
    );
  }
  for (const { before: n, seconds } of holds) {
    add(n, note(`hold-${n}`, "held", `held for ${duration(seconds)}`, "The stream was held here."));
  }
  const items = [];
  for (const event of answer.events) {
    items.push(...(before.get(event.n) || []), { key: String(event.n), event });
  }
  const next = answer.events.length + 1;
  for (const [n, marks] of before) if (n >= next) items.push(...marks);
  if (answer.events_cut)
    items.push(
      note("cut", "waits", "later events not shown", "To get the whole answer, download it on the Response tab."),
    );
  if (breaks)
    items.push(
      note(
        "break",
        breaks.how === "client_left" ? "left" : "broken",
        spaced(breaks.how),
        `After event ${breaks.after}.`,
      ),
    );
  return items;
}

function note(key, kind, label, about) {
  return { key, kind, label, about };
}

function makeRow() {
  const row = h("div.event");
  row.cells = ["n", "seconds", "kind", "data"].map((name) => h(`span.${name}`));
  row.append(...row.cells);
  return row;
}

function updateRow(row, { event, kind, label }) {
  const [n, seconds, name, data] = row.cells;
  row.dataset.kind = event ? lane(event.kind) : kind;
  text(n, event ? String(event.n) : "");
  text(seconds, event ? duration(event.seconds) : "");
  text(name, event ? event.kind || "body" : label);
  text(data, event ? gist(event) : "");
}

/** Return the data of a frame without its field names. */
function payload(frame, kind) {
  if (!kind) return frame;
  const lines = frame.split(/\r\n|\r|\n/);
  const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
  return data.length ? data.join("\n") : frame;
}

/** Return the key part of an event: a delta's text or the stop reason, else its data. Cached on the event. */
function gist(event) {
  if (event.gist === undefined) {
    const data = payload(event.data, event.kind);
    const part = event.kind && data.length < 20_000 ? keyPart(data) : undefined;
    event.gist = typeof part === "string" ? `“${brief(part, 160)}”` : brief(data, 160);
  }
  return event.gist;
}

function keyPart(data) {
  try {
    const { type, delta, choices, error } = JSON.parse(data);
    if (error?.message) return error.message;
    if (type === "content_block_delta") return delta.text ?? delta.partial_json ?? delta.thinking ?? delta.signature;
    if (type === "message_delta") return delta.stop_reason;
    const chosen = choices?.[0];
    const { content, reasoning_content, tool_calls } = chosen?.delta ?? {};
    return chosen?.finish_reason ?? (content || reasoning_content || tool_calls?.[0]?.function?.arguments || undefined);
  } catch {
    return undefined; // malformed data is shown as it is
  }
}

function indentedData(frame, kind) {
  const data = payload(frame, kind);
  const indented = pretty(data);
  return indented === data ? "" : indented;
}
