// The exchange pane: an exchange's request, answer and timing; a live answer is updated as it grows.

import { get, segment, UnreachableError } from "./api.js";
import { drawConversation } from "./conversation.js";
import { fill, h, mark, text } from "./dom.js";
import { duration, grouped, moment, operation, plural, size, source, spaced, tone, visible } from "./format.js";
import { HoldBar } from "./hold.js";
import { drawRequest, drawResponse } from "./raw.js";
import { go } from "./route.js";
import { drawSnippets } from "./snippets.js";
import { Stream } from "./stream.js";

const CLOCK_INTERVAL = 500; // milliseconds between two updates of the time while a stream is held
const READ_INTERVAL = 250; // minimum milliseconds between two reads of a live answer

const TABS = [
  ["conversation", "Conversation"],
  ["stream", "Stream"],
  ["request", "Request"],
  ["response", "Response"],
  ["copy", "Copy"],
];

/** Fill the pane. */
export function mountExchange(app, place) {
  new Pane(app, place);
}

class Pane {
  constructor(app, place) {
    this.app = app;
    this.open = "";
    this.exchange = null;
    this.reading = false;
    this.stale = false;
    this.row = null; // the traffic row of a live answer
    this.seen = "";
    this.head = h("div.exchange-head");
    this.hold = new HoldBar(app);
    this.notices = h("div.notices");
    this.panel = h("div.panel", { role: "tabpanel", id: "exchange-panel", "aria-labelledby": "" });
    this.stream = new Stream(app);
    this.drawn = {}; // what the panel shows: the tab and exchange, and how far a live answer had come
    this.tabs = new Tabs(app);
    this.body = h("div.exchange-body", {}, this.hold.element, this.notices, this.tabs.element, this.panel);
    this.missing = h("p.missing", { role: "status", hidden: true });
    fill(place, this.head, this.missing, this.body);
    app.store.watch(["route"], () => this.onRoute());
    app.store.watch(["rows"], () => this.onRows());
    setInterval(() => this.tick(), CLOCK_INTERVAL);
    app.store.watch(["connection"], () => this.open && !this.exchange && this.read());
  }

  get isLive() {
    return this.open.startsWith("live-");
  }

  get liveId() {
    return Number(this.open.slice("live-".length));
  }

  onRoute() {
    const { view, open } = this.app.store.get("route");
    const wanted = view === "exchange" ? open : "";
    if (wanted && wanted === this.open) this.draw();
    if (wanted === this.open) return;
    this.open = wanted;
    this.exchange = this.row = null;
    this.seen = "";
    if (wanted) this.read();
  }

  // The live answer shown has more events, or has ended.
  onRows() {
    if (!this.isLive) return;
    if (this.row?.id !== this.liveId) this.row = this.app.rows.byLive.get(this.liveId);
    if (!this.row || this.followEnd()) return;
    const { events, held } = this.row;
    if (this.seen === `${events} ${held}`) return;
    this.seen = `${events} ${held}`;
    this.read();
  }

  /** Read the exchange; one read at a time, and a change during it triggers another read. */
  async read() {
    if (this.reading) {
      this.stale = true;
      return;
    }
    this.reading = true;
    const open = this.open;
    try {
      const exchange = await get(this.isLive ? `live/${this.liveId}` : `exchanges/${segment(open)}`);
      if (open === this.open) this.show(exchange);
      if (open === this.open && this.isLive && exchange.number) this.become(exchange.number);
    } catch (error) {
      if (open === this.open && !this.followEnd()) this.miss(error);
    }
    if (open === this.open) await new Promise((done) => setTimeout(done, this.isLive ? READ_INTERVAL : 0));
    this.reading = false;
    if (this.stale || (this.open && open !== this.open)) {
      this.stale = false;
      this.read();
    }
  }

  // The feed is silent while a stream is held, but time passes.
  tick() {
    if (!this.isLive || !this.exchange || !this.row?.held) return;
    const now = performance.now();
    this.exchange.seconds += (now - this.readAt) / 1000;
    this.readAt = now;
    this.exchange.held = true;
    if (this.drawn.key?.startsWith("stream")) this.stream.timeline.draw(this.exchange);
  }

  // The row has a number once the answer has ended: from then on show the exchange. Returns whether it has ended.
  followEnd() {
    if (!this.isLive || !this.row?.number) return false;
    this.become(this.row.number);
    this.read();
    return true;
  }

  become(number) {
    this.open = String(number);
    go(this.app.store, { open: this.open }, { quietly: true });
  }

  show(exchange) {
    this.exchange = exchange;
    this.readAt = performance.now();
    this.missing.hidden = true;
    this.body.hidden = false;
    this.head.hidden = false;
    this.draw();
  }

  miss(error) {
    this.exchange = null;
    this.head.hidden = true;
    this.body.hidden = true;
    this.missing.hidden = false;
    const gone = "This exchange is no longer in the journal.";
    const live = "This answer is no longer live; select it in the list.";
    text(this.missing, error instanceof UnreachableError ? error.message : this.isLive ? live : gone);
  }

  draw() {
    const { exchange } = this;
    if (!exchange) return;
    const live = !exchange.number;
    drawHead(this.app, this.head, exchange);
    this.hold.draw(live ? this.liveId : 0, exchange, this.app.rows.byLive.get(this.liveId));
    drawNotices(this.notices, exchange);
    const tab = this.tabs.draw(exchange);
    this.panel.setAttribute("aria-labelledby", `tab-${tab}`);
    this.drawTab(tab, exchange);
  }

  // A tab is built once for each exchange; only a live answer is redrawn as it grows.
  drawTab(tab, exchange) {
    const { number, events, answer } = exchange;
    const key = `${tab} ${this.open} ${number}`;
    const grown = number ? "" : ` ${events} ${answer.text.length}`;
    const fresh = this.drawn.key !== key;
    if (tab === "stream") {
      if (fresh) fill(this.panel, this.stream.element);
      this.stream.draw(exchange, fresh);
    } else if (fresh || this.drawn.grown !== grown) {
      DRAW[tab](this.panel, exchange);
    }
    this.drawn = { key, grown };
    mark(this.panel, "fills", tab === "stream");
  }
}

const DRAW = {
  conversation: drawConversation,
  request: drawRequest,
  response: drawResponse,
  copy: drawSnippets,
};

/** The tab list: a single tab stop; the arrow keys move between tabs. */
class Tabs {
  constructor(app) {
    this.app = app;
    this.element = h("div.tabs", { role: "tablist", "aria-label": "Parts of the exchange" });
    this.buttons = TABS.map(([name, label]) =>
      h("button.tab", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "exchange-panel" }, label),
    );
    this.element.append(...this.buttons);
    this.element.addEventListener("click", (event) => {
      const at = this.buttons.indexOf(event.target.closest("button"));
      if (at >= 0) this.choose(at);
    });
    this.element.addEventListener("keydown", (event) => this.onKeyDown(event));
  }

  choose(at) {
    go(this.app.store, { tab: TABS[at][0] }, { quietly: true });
  }

  onKeyDown(event) {
    const current = this.buttons.indexOf(document.activeElement);
    const last = this.buttons.length - 1;
    const moves = {
      ArrowRight: current === last ? 0 : current + 1,
      ArrowLeft: current === 0 ? last : current - 1,
      Home: 0,
      End: last,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.choose(moves[event.key]);
    this.buttons[moves[event.key]].focus();
  }

  draw(exchange) {
    const wanted = this.app.store.get("route").tab;
    const chosen = TABS.some(([name]) => name === wanted) ? wanted : "conversation";
    text(this.buttons[1], exchange.stream || exchange.answer.is_stream ? "Stream" : "Timing");
    this.buttons[4].hidden = !exchange.number;
    TABS.forEach(([name], n) => {
      this.buttons[n].setAttribute("aria-selected", String(name === chosen));
      this.buttons[n].tabIndex = name === chosen ? 0 : -1;
    });
    return chosen;
  }
}

function tokens(usage) {
  const [read, written] = [usage.cache_read, usage.cache_write].map(grouped);
  const cached = usage.cache_read || usage.cache_write ? ` (cache: ${read} read, ${written} written)` : "";
  return `tokens ${grouped(usage.input)} in${cached}, ${grouped(usage.output)} out`;
}

function drawHead(app, head, exchange) {
  const { store } = app;
  const close = h(
    "button.close",
    {
      type: "button",
      "aria-label": "Close the exchange",
      onclick: () => go(store, { view: "traffic", open: "", event: "" }),
    },
    "×",
  );
  const live = !exchange.number;
  const title = h(
    "h2",
    { tabIndex: -1 },
    h("span.status", {}, String(exchange.status || "…")),
    ` ${visible(operation(exchange))}`,
    h("span.soft", {}, live ? " live" : ` #${exchange.number}`),
  );
  const chooseSession = (event) => {
    event.preventDefault();
    go(store, { session: exchange.session });
  };
  const sessionLink = h("a", { href: "#", onclick: chooseSession }, visible(exchange.session || "none"));
  const facts = [
    visible(`${exchange.method} ${exchange.path}`),
    visible(source(exchange)),
    moment(exchange.at),
    live ? "" : duration(exchange.seconds),
    `${plural(exchange.events, "event")}${exchange.of > exchange.events ? ` of ${exchange.of}` : ""}`,
    size(exchange.bytes),
    exchange.usage ? tokens(exchange.usage) : "",
    exchange.credits ? `credits ${exchange.credits.before} → ${exchange.credits.after}` : "",
    visible(exchange.sdk || exchange.client || ""),
    `seed ${visible(String(exchange.seed ?? ""))}`,
  ].filter(Boolean);
  head.dataset.tone = tone(exchange);
  const key = JSON.stringify([facts, exchange.status, exchange.session, live]);
  if (head.dataset.key === key) return;
  head.dataset.key = key;
  const items = facts.map((fact) => h("li", {}, fact));
  fill(head, h("div.line", {}, title, close), h("ul.facts", {}, ...items, h("li", {}, "session ", sessionLink)));
}

/** Show what matters most above the tabs: near misses, an early end, faults and chaos. */
function drawNotices(place, exchange) {
  const notices = [];
  const add = (kind, title, lines, note = "") => {
    if (!lines?.length) return;
    const items = lines.map((line) => h("li", {}, visible(String(line))));
    notices.push(
      h(`section.notice.${kind}`, {}, h("h3", {}, title), note ? h("p", {}, note) : null, h("ul", {}, ...items)),
    );
  };
  add("bad", "No matching turn", exchange.misses, "Why each turn did not match, nearest first:");
  if (exchange.trouble && !exchange.breaks) add("odd", "Went wrong", [exchange.trouble]);
  if (exchange.breaks) {
    const { how, after } = exchange.breaks;
    add("odd", "Ended early", [
      `${spaced(how)} after ${plural(after, "event")}${exchange.of > after ? ` of ${exchange.of}` : ""}`,
    ]);
  }
  if (exchange.faults.length) add("odd", "Faults", [exchange.faults.join(", ")]);
  add("odd", "Chaos", exchange.draws);
  add("soft", "Faults without effect", exchange.idle_faults);
  add("soft", "Approximations by this server", exchange.nearest);
  add("soft", "Warnings", exchange.tips);
  const key = notices.map((notice) => notice.textContent).join("\n");
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  fill(place, ...notices);
}
