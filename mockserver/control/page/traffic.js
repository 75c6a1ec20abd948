// The traffic list: one row for each exchange as it happens, with a filter.

import { button, fill, h, mark, text } from "./dom.js";
import { brief, clock, duration, grouped, moment, operation, plural, source, tone, visible } from "./format.js";
import { List } from "./list.js";
import { go, openRow } from "./route.js";
import { welcome } from "./welcome.js";

/** Fill the pane with the list and its toolbar. */
export function mountTraffic(app, place) {
  const { store } = app;
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
  const toolbar = new Toolbar(app, list);
  const empty = h("div.empty");
  const foot = h("div.foot");
  fill(place, toolbar.element, heading(), h("div.stage", {}, list.element, empty, toolbar.newer), foot);

  list.onscroll = () => {
    list.following = list.atEnd;
    toolbar.drawNewer();
  };
  store.watch(["rows", "route", "paused"], () => toolbar.draw());
  store.watch(["route"], () => {
    const { view, open } = store.get("route");
    if (view === "exchange" && open !== list.current) list.select(open, { reveal: true });
    else if (view !== "exchange") list.select("");
  });
  store.watch(["rows", "route", "about", "sessions"], () => drawEmpty(app, list, empty));
  store.watch(["rows", "route", "paused"], () => drawFoot(app, list, foot));
}

/** The toolbar: filter, pause and follow. */
class Toolbar {
  constructor(app, list) {
    this.app = app;
    this.list = list;
    this.seen = 0;
    this.filter = h("input", {
      type: "search",
      placeholder: "Filter by text, status, operation or scenario",
      "aria-label": "Filter exchanges by text",
      oninput: () => go(app.store, { q: this.filter.value }, { quietly: true }),
    });
    this.pause = button("Pause", () => app.store.set({ paused: app.store.get("paused") ? null : this.wanted() }), {
      "aria-pressed": "false",
    });
    this.newer = button("", () => this.follow(), { className: "newer", hidden: true });
    this.element = h("div.tools", { role: "group", "aria-label": "Traffic toolbar" }, this.filter, this.pause);
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
const HEADINGS = { said: "Last message", source: "Scenario · turn", credits: "Credits left" };

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
  row.cells.trouble = h("span.trouble");
  row.cells.rest = h("span");
  row.cells.source.append(row.cells.trouble, row.cells.rest);
  return row;
}

function updateRow(element, row) {
  const { cells } = element;
  const live = !row.number;
  element.dataset.tone = tone(row);
  mark(element, "is-live", live && !row.held);
  mark(element, "is-held", live && row.held);
  text(cells.status, `${row.status || "…"}${row.trouble ? " !" : ""}`);
  cells.status.title = row.trouble || "";
  text(cells.time, clock(row.at));
  cells.time.title = moment(row.at);
  text(cells.operation, brief(operation(row), 80));
  text(cells.said, brief(row.said || "", 160));
  text(cells.trouble, row.trouble || "");
  text(cells.rest, `${row.trouble ? " · " : ""}${brief([source(row), ...remarks(row)].join("  "), 120)}`);
  text(cells.client, brief(row.sdk || row.client || "", 60));
  text(cells.credits, row.credits ? `${row.credits.after}` : "");
  cells.credits.title = row.credits ? `Credits: ${row.credits.before} before, ${row.credits.after} after` : "";
  text(cells.duration, live ? progress(row) : duration(row.seconds));
}

function progress(row) {
  if (row.held) return `held at ${(row.events || 0) + 1}`; // the place that a scenario names
  return row.of > 1 ? `${row.events} of ${row.of}` : plural(row.events || 0, "event");
}

// What was unusual about an exchange.
function remarks(row) {
  const parts = [];
  const faults = (row.faults || []).filter((fault) => !row.trouble?.startsWith(`${fault} `));
  if (faults.length) parts.push(faults.join(", "));
  if (row.draws?.length) parts.push("chaos");
  if (row.retry) parts.push(`retry ${row.retry}`);
  return parts.map((part) => `· ${part}`);
}

function drawEmpty(app, list, empty) {
  const { session, q } = app.store.get("route");
  const none = list.items.length === 0 && app.rows.filtered(session, q).length === 0;
  const kind = !none ? "" : app.rows.all.length === 0 ? "welcome" : q.trim() ? "filtered" : "new";
  empty.hidden = !none;
  const key = `${kind} ${session} ${app.store.get("about")?.url || ""}`;
  if (empty.dataset.kind === key) return;
  empty.dataset.kind = key;
  if (kind === "welcome") fill(empty, welcome(app));
  else if (kind === "filtered") {
    const all = button("Show all", () => go(app.store, { q: "", session: "" }));
    fill(empty, h("p", {}, "No exchanges match the filter. "), all);
  } else if (kind === "new") {
    const all = button("Show all sessions", () => go(app.store, { session: "" }));
    fill(empty, h("p", {}, `Session ${visible(session)} has no exchanges yet. `), all);
  } else fill(empty);
}

function drawFoot(app, list, foot) {
  const { rows } = app;
  const shown = list.items;
  const live = shown.filter((row) => !row.number);
  const held = live.filter((row) => row.held).length;
  const ended = plural(rows.all.length - rows.live, "exchange");
  const parts = [shown.length === rows.all.length ? ended : `${grouped(shown.length - live.length)} of ${ended}`];
  if (live.length) parts.push(`${live.length} live`);
  if (held) parts.push(`${held} held`);
  const older = rows.last - (rows.all.length - rows.live);
  if (older > 0) parts.push(`${grouped(older)} older`);
  text(foot, parts.join(" · "));
}
