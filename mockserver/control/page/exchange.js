// One exchange opened: what was asked, what was answered, and how it came, also while it is still on its way.

import { AwayError, get, segment } from "./api.js";
import { drawConversation } from "./conversation.js";
import { drawCopies } from "./copies.js";
import { fill, h, mark, text } from "./dom.js";
import { HoldBar } from "./hold.js";
import { drawRequest, drawResponse } from "./raw.js";
import { go } from "./route.js";
import { Stream } from "./stream.js";
import { tone } from "./traffic.js";
import { count, duration, figure, moment, operation, size, source, spaced, visible } from "./words.js";

const WAITING = 500; // milliseconds between two looks at the clock while a stream is held
const AGAIN = 250; // milliseconds at least between two looks at a live answer

const TABS = [
  ["conversation", "Conversation"],
  ["stream", "Stream"],
  ["request", "Request"],
  ["response", "Response"],
  ["copy", "Copy"],
];

/** The pane of the opened exchange. */
export function mountExchange(app, place) {
  new Pane(app, place);
}

class Pane {
  constructor(app, place) {
    this.app = app;
    this.open = "";
    this.exchange = null;
    this.asking = false;
    this.stale = false;
    this.row = null; // of a live answer
    this.seen = "";
    this.head = h("div.exchange-head");
    this.hold = new HoldBar(app);
    this.notices = h("div.notices");
    this.panel = h("div.panel", { role: "tabpanel", id: "exchange-panel", "aria-labelledby": "" });
    this.stream = new Stream(app);
    this.drawn = {}; // which exchange each tab shows
    this.tabs = new Tabs(app);
    this.body = h("div.exchange-body", {}, this.hold.element, this.notices, this.tabs.element, this.panel);
    this.missing = h("p.missing", { role: "status", hidden: true });
    fill(place, this.head, this.missing, this.body);
    app.store.watch(["route"], () => this.routed());
    app.store.watch(["rows"], () => this.moved());
    setInterval(() => this.wait(), WAITING);
    app.store.watch(["connection"], () => this.open && !this.exchange && this.read());
  }

  get isLive() {
    return this.open.startsWith("live-");
  }

  get liveId() {
    return Number(this.open.slice("live-".length));
  }

  routed() {
    const { view, open } = this.app.store.get("route");
    const wanted = view === "exchange" ? open : "";
    if (wanted && wanted === this.open) this.draw();
    if (wanted === this.open) return;
    this.open = wanted;
    this.exchange = this.row = null;
    this.seen = "";
    if (wanted) this.read();
  }

  // The live answer that is looked at has gone on, or has become an exchange.
  moved() {
    if (!this.isLive) return;
    if (this.row?.id !== this.liveId) this.row = this.app.rows.byLive.get(this.liveId);
    if (!this.row || this.turned()) return;
    const { events, held } = this.row;
    if (this.seen === `${events} ${held}`) return;
    this.seen = `${events} ${held}`;
    this.read();
  }

  /** Read it, once at a time and not too often; whatever happens meanwhile is read afterwards. */
  async read() {
    if (this.asking) {
      this.stale = true;
      return;
    }
    this.asking = true;
    const open = this.open;
    try {
      const exchange = await get(this.isLive ? `live/${this.liveId}` : `exchanges/${segment(open)}`);
      if (open === this.open) this.show(exchange);
      if (open === this.open && this.isLive && exchange.number) this.become(exchange.number);
    } catch (error) {
      if (open === this.open && !this.turned()) this.miss(error);
    }
    if (open === this.open) await new Promise((done) => setTimeout(done, this.isLive ? AGAIN : 0));
    this.asking = false;
    if (this.stale || (this.open && open !== this.open)) {
      this.stale = false;
      this.read();
    }
  }

  // While it is held nothing is told, but time goes on.
  wait() {
    if (!this.isLive || !this.exchange || !this.row?.held) return;
    const now = performance.now();
    this.exchange.seconds += (now - this.came) / 1000;
    this.came = now;
    this.exchange.held = true;
    if (this.drawn.key?.startsWith("stream")) this.stream.timeline.draw(this.exchange);
  }

  // Its row knows the number when it has ended: from then on its place is that of the exchange.
  turned() {
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
    this.came = performance.now();
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
    const gone = "This exchange is not in the journal any more; the list has those that are.";
    const live = "This answer is not on its way any more; the list has it.";
    text(this.missing, error instanceof AwayError ? error.message : this.isLive ? live : gone);
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

  // A tab is built once for each exchange; only the stream of a live answer changes under the eyes.
  drawTab(tab, exchange) {
    const { number, events, answer } = exchange;
    const key = `${tab} ${this.open} ${number}`;
    const grown = number ? "" : ` ${events} ${answer.text.length}`;
    const fresh = this.drawn.key !== key;
    if (tab === "stream") {
      if (fresh) fill(this.panel, this.stream.element);
      this.stream.draw(exchange, fresh);
    } else if (fresh || this.drawn.grown !== grown) {
      DRAW[tab](this.app, this.panel, exchange);
    }
    this.drawn = { key, grown };
    mark(this.panel, "fills", tab === "stream");
  }
}

const DRAW = {
  conversation: drawConversation,
  request: drawRequest,
  response: drawResponse,
  copy: drawCopies,
};

/** The tabs: one stop for Tab, arrows move. */
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
    this.element.addEventListener("keydown", (event) => this.pressed(event));
  }

  choose(at) {
    go(this.app.store, { tab: TABS[at][0] }, { quietly: true });
  }

  pressed(event) {
    const now = this.buttons.indexOf(document.activeElement);
    const last = this.buttons.length - 1;
    const moves = { ArrowRight: now === last ? 0 : now + 1, ArrowLeft: now === 0 ? last : now - 1, Home: 0, End: last };
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

function drawHead(app, head, exchange) {
  const { store } = app;
  const close = h(
    "button.close",
    { type: "button", "aria-label": "Close the exchange", onclick: () => go(store, { view: "traffic", open: "", event: "" }) },
    "×",
  );
  const live = !exchange.number;
  const title = h(
    "h2",
    { tabIndex: -1 },
    h("span.status", {}, String(exchange.status || "…")),
    ` ${visible(operation(exchange))}`,
    h("span.soft", {}, live ? " on its way" : ` #${exchange.number}`),
  );
  const only = h(
    "a",
    { href: "#", onclick: (event) => (event.preventDefault(), go(store, { session: exchange.session })) },
    visible(exchange.session || "none"),
  );
  const facts = [
    visible(`${exchange.method} ${exchange.path}`),
    visible(source(exchange)),
    moment(exchange.at),
    live ? "" : duration(exchange.seconds),
    `${count(exchange.events, "event")}${exchange.of > exchange.events ? ` of ${exchange.of}` : ""}`,
    size(exchange.bytes),
    exchange.usage ? `tokens ${figure(exchange.usage.input)} in, ${figure(exchange.usage.output)} out` : "",
    exchange.credits ? `credits ${exchange.credits.before} → ${exchange.credits.after}` : "",
    visible(exchange.sdk || exchange.client || ""),
    `seed ${visible(String(exchange.seed ?? ""))}`,
  ].filter(Boolean);
  head.dataset.tone = tone(exchange);
  const key = JSON.stringify([facts, exchange.status, exchange.session, live]);
  if (head.dataset.key === key) return;
  head.dataset.key = key;
  const items = facts.map((fact) => h("li", {}, fact));
  fill(head, h("div.line", {}, title, close), h("ul.facts", {}, ...items, h("li", {}, "session ", only)));
}

/** What a person must know before everything else: near misses, what broke off, what was laid over it. */
function drawNotices(place, exchange) {
  const found = [];
  const lines = (tone, title, words, note = "") => {
    if (!words?.length) return;
    const items = words.map((one) => h("li", {}, visible(String(one))));
    found.push(h(`section.notice.${tone}`, {}, h("h3", {}, title), note ? h("p", {}, note) : null, h("ul", {}, ...items)));
  };
  lines("bad", "No turn fits", exchange.misses, "What each turn wanted, the nearest first:");
  if (exchange.breaks) {
    const { how, after } = exchange.breaks;
    lines("odd", "It broke off", [`${spaced(how)} after ${count(after, "event")}${exchange.of > after ? ` of ${exchange.of}` : ""}`]);
  }
  if (exchange.faults.length) lines("odd", "Faults", [exchange.faults.join(", ")]);
  lines("odd", "Drawn by chaos", exchange.draws);
  lines("soft", "Faults that found nothing to act on", exchange.idle_faults);
  lines("soft", "As near as this server can come", exchange.nearest);
  lines("soft", "Tips", exchange.tips);
  const key = found.map((one) => one.textContent).join("\n");
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  fill(place, ...found);
}
