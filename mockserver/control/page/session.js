// One session: its credits, its clock, its beginning; and a new one with a key of its own.

import { patch, post, remove, segment } from "./api.js";
import { button, field, fill, h, mark, text } from "./dom.js";
import { copyable } from "./copy.js";
import { go } from "./route.js";
import { attempt, target, targetSession } from "./steer.js";
import { count, moment, visible } from "./words.js";

const STEPS = ["1m", "1h", "1d"];

/** The section. */
export function mountSession(app, place) {
  const none = new NoSession(app);
  const one = new OneSession(app);
  const fresh = new NewSession(app);
  fill(place, h("h3", {}, "Session"), none.element, one.element, fresh.element);
  app.store.watch(["sessions", "route"], () => {
    const session = targetSession(app);
    none.element.hidden = Boolean(session);
    one.element.hidden = !session;
    if (session) one.draw(session);
    else none.draw(app.store.get("sessions"), target(app));
  });
}

/** Credits and clock belong to one session: which shall it be? */
class NoSession {
  constructor(app) {
    this.app = app;
    this.words = h("p.soft");
    this.list = h("ul.sessions");
    this.element = h("div", {}, this.words, this.list);
  }

  draw(sessions, wanted) {
    const told = wanted
      ? `Session ${visible(wanted)} is not known (yet).`
      : sessions.length
        ? "Credits and the clock belong to one session. Choose one:"
        : "Each key is a session of its own. The first appears with the first exchange.";
    text(this.words, told);
    const key = JSON.stringify(sessions.slice(0, 8).map(({ id, requests }) => [id, requests]));
    if (this.list.dataset.key === key) return;
    this.list.dataset.key = key;
    const items = sessions.slice(0, 8).map((session) => {
      const choose = () => go(this.app.store, { session: session.id });
      return h("li", {}, button(visible(session.id), choose), h("span.soft", {}, ` ${count(session.requests, "request")}`));
    });
    fill(this.list, ...items);
  }
}

class OneSession {
  constructor(app) {
    this.app = app;
    this.facts = h("p.soft");
    this.credits = h("p.figure", { role: "status" });
    this.amount = h("input", { type: "number", min: 0, step: "any", value: 5 });
    this.now = h("p.figure", { role: "status" });
    this.by = h("input", { type: "text", value: "90s", size: 6 });
    this.virtual = h("input", { type: "checkbox", onchange: () => this.patch({ clock: { virtual: this.virtual.checked } }) });
    const advance = (by) => this.post("clock", { advance: by }, `The clock moved on by ${by}`);
    this.element = h(
      "div.one-session",
      {},
      this.facts,
      h(
        "div.group",
        { role: "group", "aria-label": "Credits" },
        h("h4", {}, "Credits"),
        this.credits,
        h(
          "div.buttons",
          {},
          button("Drain to 0", () => this.post("account", { drain: "0" }, "No credits are left")),
          h("span.joined", {}, button("Top up", () => this.post("account", { top_up: this.amount.value }, `${this.amount.value} credits more`)), labelled(this.amount, "How many credits to top up")),
        ),
      ),
      h(
        "div.group",
        { role: "group", "aria-label": "Clock" },
        h("h4", {}, "Clock"),
        this.now,
        h(
          "div.buttons",
          {},
          ...STEPS.map((by) => button(`+${by}`, () => advance(by), { "aria-label": `Advance the clock by ${by}` })),
          h("span.joined", {}, button("Advance by", () => advance(this.by.value.trim())), labelled(this.by, "By how much, such as 90s")),
        ),
        field("virtual: waiting takes no time", this.virtual, { className: "field check" }),
      ),
      h(
        "div.buttons",
        {},
        button("Reset", () => this.post("reset", {}, "As if it had never asked"), { title: "As if it had never asked; what was chosen for it stays" }),
        button("Delete", () => this.delete()),
        (this.download = h("a.button", { download: "" }, "Export")),
        (this.snapshot = h("a.button", { download: "" }, "Snapshot")),
      ),
    );
  }

  draw(session) {
    this.id = session.id;
    const { account, clock, now } = session;
    text(this.facts, [visible(session.id), `seed ${visible(String(session.seed))}`, count(session.requests, "request")].join(" · "));
    text(this.credits, saidOf(account));
    mark(this.credits, "bad", account && !account.unlimited && Number(account.remaining) <= 0);
    text(this.now, `${moment(now)}${clock.virtual ? ", virtual" : ""}${clock.speed !== 1 ? `, ${clock.speed} times as fast` : ""}`);
    this.virtual.checked = clock.virtual;
    this.download.href = `/_mock/sessions/${segment(session.id)}/export`;
    this.snapshot.href = `/_mock/sessions/${segment(session.id)}/snapshot`;
  }

  post(what, words, done) {
    return this.act(() => post(`sessions/${segment(this.id)}/${what}`, words), done);
  }

  patch(words) {
    return this.act(() => patch(`sessions/${segment(this.id)}`, words), "");
  }

  async act(act, done) {
    await attempt(this.app, act, done);
    await this.app.refresh("sessions");
  }

  async delete() {
    const { id } = this;
    await this.act(() => remove(`sessions/${segment(id)}`), "The session is gone");
    go(this.app.store, { session: "" });
  }
}

function labelled(input, words) {
  input.setAttribute("aria-label", words);
  return input;
}

function saidOf(account) {
  if (!account) return "No account: unlimited and unmetered. Top up or drain to give it one.";
  if (account.unlimited) return `Unlimited, plan ${account.plan}`;
  return `${account.remaining} left of ${account.granted}, plan ${account.plan}`;
}

/** How a client comes to be in it. */
function told({ id, key }) {
  if (key) return [h("p", {}, "Give this key to the client:"), copyable(key, "the key")];
  return [h("p", {}, "The client sends this header, with any key:"), copyable(`x-mock-session: ${id}`, "the header")];
}

/** A session made here, with a key to give to the client. */
class NewSession {
  constructor(app) {
    this.app = app;
    this.name = h("input", { type: "text", maxLength: 100, placeholder: "optional" });
    this.made = h("div.made", { role: "status" });
    const submit = (event) => (event.preventDefault(), this.make());
    this.element = h(
      "details.new-session",
      {},
      h("summary", {}, "New session"),
      h("p.soft", {}, "A key of its own: another client, another test, another scenario beside this one."),
      h("form.inline", { onsubmit: submit }, field("Name", this.name), h("button", {}, "Make it")),
      this.made,
    );
  }

  async make() {
    await attempt(this.app, async () => {
      const words = this.name.value.trim() ? { name: this.name.value.trim() } : {};
      const session = await post("sessions", words);
      fill(this.made, ...told(session));
      await this.app.refresh("sessions");
      go(this.app.store, { session: session.id });
    });
  }
}
