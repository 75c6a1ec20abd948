// Traffic: every exchange as it happens, one line each, and what narrows the list down.

import { button, fill, h, mark, text } from "./dom.js";
import { List } from "./list.js";
import { go, openRow } from "./route.js";
import { welcome } from "./welcome.js";
import { brief, clock, count, duration, figure, moment, operation, source, spaced } from "./words.js";

/** The list with its tools. */
export function mountTraffic(app, place) {
  const { store, rows } = app;
  const list = new List({
    label: "Exchanges",
    name: "exchanges",
    key: (row) => row.key,
    make: makeRow,
    update: updateRow,
    choose: (row, how) => {
      if (how === "open") openRow(store, row);
      else if (store.get("route").view === "exchange") openRow(store, row, true);
    },
  });
  list.following = true;
  const tools = new Tools(app, list);
  const empty = h("div.empty");
  const foot = h("div.foot");
  fill(place, tools.element, heading(), h("div.stage", {}, list.element, empty, tools.newer), foot);

  list.onscroll = () => {
    list.following = list.atEnd;
    tools.drawNewer();
  };
  store.watch(["rows", "route", "paused"], () => tools.draw());
  store.watch(["route"], () => {
    const { view, open } = store.get("route");
    if (view === "exchange" && open !== list.current) list.select(open, { reveal: true });
    else if (view !== "exchange") list.select("");
  });
  store.watch(["rows", "route", "about", "sessions"], () => drawEmpty(app, list, empty));
  store.watch(["rows", "sessions"], () => drawFoot(app, foot));
}

/** Filter, pause and follow. */
class Tools {
  constructor(app, list) {
    this.app = app;
    this.list = list;
    this.seen = 0;
    this.filter = h("input", {
      type: "search",
      placeholder: "Filter: text, status, operation, scenario",
      "aria-label": "Filter exchanges by text",
      oninput: () => go(app.store, { q: this.filter.value }, { quietly: true }),
    });
    this.pause = button("Pause", () => app.store.set({ paused: app.store.get("paused") ? null : this.wanted() }), {
      "aria-pressed": "false",
    });
    this.newer = button("", () => this.follow(), { className: "newer", hidden: true });
    this.element = h("div.tools", { role: "group", "aria-label": "Exchanges shown" }, this.filter, this.pause);
  }

  wanted() {
    const { session, q } = this.app.store.get("route");
    return this.app.rows.filtered(session, q).slice();
  }

  draw() {
    const { q } = this.app.store.get("route");
    if (this.filter.value !== q && document.activeElement !== this.filter) this.filter.value = q;
    const paused = this.app.store.get("paused");
    const wanted = this.wanted();
    this.pause.setAttribute("aria-pressed", String(Boolean(paused)));
    const waiting = paused ? wanted.length - paused.length : 0;
    text(this.pause, paused ? `Paused${waiting > 0 ? `, ${waiting} new` : ""}` : "Pause");
    const items = paused || wanted;
    this.list.show(items);
    if (this.list.following) this.seen = items.length;
    this.drawNewer();
  }

  drawNewer() {
    if (this.list.following) this.seen = this.list.items.length;
    const more = this.list.items.length - this.seen;
    this.newer.hidden = this.list.following || this.list.items.length === 0;
    text(this.newer, more > 0 ? `${more} new ↓` : "Follow ↓");
  }

  follow() {
    this.list.following = true;
    this.list.toEnd();
    this.drawNewer();
  }
}

const COLUMNS = ["status", "time", "operation", "said", "source", "client", "credits", "duration"];
const HEADINGS = { said: "Last message", source: "Scenario · turn" };

function heading() {
  const cells = COLUMNS.map((name) => h(`span.${name}`, {}, HEADINGS[name] || name[0].toUpperCase() + name.slice(1)));
  return h("div.heading", { "aria-hidden": "true" }, ...cells);
}

function makeRow() {
  const row = h("div.exchange");
  row.cells = {};
  for (const name of COLUMNS) {
    row.cells[name] = h(`span.${name}`);
    row.append(row.cells[name]);
  }
  row.cells.operation.title = row.cells.said.title = "";
  return row;
}

function updateRow(element, row) {
  const { cells } = element;
  const live = !row.number;
  element.dataset.tone = tone(row);
  mark(element, "is-live", live && !row.held);
  mark(element, "is-held", live && row.held);
  text(cells.status, row.status ? String(row.status) : "…");
  text(cells.time, clock(row.at));
  cells.time.title = moment(row.at);
  text(cells.operation, brief(operation(row), 80));
  text(cells.said, brief(row.said || "", 160));
  text(cells.source, brief([source(row), ...happened(row)].join("  "), 120));
  text(cells.client, brief(row.sdk || row.client || "", 60));
  text(cells.credits, row.credits ? `${row.credits.after}` : "");
  cells.credits.title = row.credits ? `credits: ${row.credits.before} before, ${row.credits.after} after` : "";
  text(cells.duration, live ? progress(row) : duration(row.seconds));
}

function progress(row) {
  if (row.held) return `held at ${row.events}`;
  return row.of > 1 ? `${row.events} of ${row.of}` : count(row.events || 0, "event");
}

// What was unusual about it, in words.
function happened(row) {
  const found = [];
  if (row.ended && row.ended !== "complete") found.push(spaced(row.ended));
  if (row.faults?.length) found.push(row.faults.join(", "));
  if (row.draws?.length) found.push("chaos");
  if (row.retry) found.push(`retry ${row.retry}`);
  return found.map((words) => `· ${words}`);
}

/** good, odd (it broke off, or something was laid over it) or bad (an error). */
export function tone(row) {
  if (row.status >= 400) return "bad";
  if ((row.ended && row.ended !== "complete") || (row.number && !row.status)) return "odd";
  return "good";
}

function drawEmpty(app, list, empty) {
  const { session, q } = app.store.get("route");
  const none = list.items.length === 0 && app.rows.filtered(session, q).length === 0;
  const kind = !none ? "" : app.rows.all.length === 0 ? "welcome" : "filtered";
  empty.hidden = !none;
  const key = `${kind} ${app.store.get("about")?.url || ""}`;
  if (empty.dataset.kind === key) return;
  empty.dataset.kind = key;
  if (kind === "welcome") fill(empty, welcome(app));
  else if (kind === "filtered") {
    const all = button("Show all", () => go(app.store, { q: "", session: "" }));
    fill(empty, h("p", {}, "No exchange fits the filter. "), all);
  } else fill(empty);
}

function drawFoot(app, foot) {
  const { rows } = app;
  const held = [...rows.byLive.values()].filter((row) => row.held).length;
  const parts = [count(rows.all.length - rows.live, "exchange")];
  if (rows.live) parts.push(`${rows.live} live`);
  if (held) parts.push(`${held} held`);
  const older = rows.last - (rows.all.length - rows.live);
  if (older > 0) parts.push(`${figure(older)} older`);
  text(foot, parts.join(" · "));
}
