// The "Session" section: a session's credits, clock, reset and export; and creating a session.

import { patch, post, remove, segment } from "./api.js";
import { copyable } from "./clipboard.js";
import { button, field, fill, h, mark, text } from "./dom.js";
import { moment, plural, visible } from "./format.js";
import { go } from "./route.js";
import { attempt, target, targetSession } from "./target.js";

const STEPS = ["1m", "1h", "1d"];

/** Fill the section. */
export function mountSession(app, place) {
  const picker = new SessionPicker(app);
  const detail = new SessionDetail(app);
  const create = new NewSession(app);
  fill(place, h("h3", {}, "Session"), picker.element, detail.element, create.element);
  app.store.watch(["sessions", "route"], () => {
    const session = targetSession(app);
    picker.element.hidden = Boolean(session);
    detail.element.hidden = !session;
    if (session) detail.draw(session);
    else picker.draw(app.store.get("sessions"), target(app));
  });
}

/** Offers the sessions to choose from, since credits and the clock belong to one session. */
class SessionPicker {
  constructor(app) {
    this.app = app;
    this.message = h("p.soft");
    this.list = h("ul.sessions");
    this.element = h("div", {}, this.message, this.list);
  }

  draw(sessions, wanted) {
    const message = wanted
      ? `There is no session ${visible(wanted)} yet.`
      : sessions.length
        ? "Credits and the clock belong to a session. Choose one:"
        : "Each API key has its own session. The first one appears with the first exchange.";
    text(this.message, message);
    const key = JSON.stringify(sessions.slice(0, 8).map(({ id, requests }) => [id, requests]));
    if (this.list.dataset.key === key) return;
    this.list.dataset.key = key;
    const items = sessions.slice(0, 8).map((session) => {
      const choose = () => go(this.app.store, { session: session.id });
      return h(
        "li",
        {},
        button(visible(session.id), choose),
        h("span.soft", {}, ` ${plural(session.requests, "request")}`),
      );
    });
    fill(this.list, ...items);
  }
}

/** Shows and changes one session. */
class SessionDetail {
  constructor(app) {
    this.app = app;
    this.facts = h("p.soft");
    this.credits = h("p.figure", { role: "status" });
    this.amount = h("input", { type: "number", min: 0, step: "any", value: 5 });
    this.now = h("p.figure", { role: "status" });
    this.by = h("input", { type: "text", value: "90s", size: 6 });
    this.virtual = h("input", {
      type: "checkbox",
      onchange: () => this.patch({ clock: { virtual: this.virtual.checked } }),
    });
    const advance = (by) => this.post("clock", { advance: by }, `Clock advanced by ${by}`);
    this.download = h("a.button", { download: "" }, "Export");
    this.snapshot = h("a.button", { download: "" }, "Snapshot");
    this.scenario = h("a.button", { download: "", title: "The session as a scenario file" }, "Scenario");
    this.element = h(
      "div.session-detail",
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
          button("Drain to 0", () => this.post("account", { drain: "0" }, "Credits drained")),
          h(
            "span.joined",
            {},
            button("Top up", () =>
              this.post("account", { top_up: this.amount.value }, `Added ${this.amount.value} credits`),
            ),
            labelled(this.amount, "Credits to add"),
          ),
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
          h(
            "span.joined",
            {},
            button("Advance by", () => advance(this.by.value.trim())),
            labelled(this.by, "Duration, such as 90s"),
          ),
        ),
        field("Virtual clock (waits take no time)", this.virtual, { className: "field check" }),
      ),
      h(
        "div.buttons",
        {},
        button("Reset", () => this.post("reset", {}, "Session reset"), {
          title: "Forget the session's requests and progress; its settings stay",
        }),
        button("Delete", () => this.delete()),
        this.download,
        this.snapshot,
        this.scenario,
      ),
    );
  }

  draw(session) {
    this.id = session.id;
    const { account, clock, now } = session;
    text(
      this.facts,
      [visible(session.id), `seed ${visible(String(session.seed))}`, plural(session.requests, "request")].join(" · "),
    );
    text(this.credits, balanceText(account));
    mark(this.credits, "bad", account && !account.unlimited && Number(account.remaining) <= 0);
    text(
      this.now,
      `${moment(now)}${clock.virtual ? ", virtual" : ""}${clock.speed !== 1 ? `, ${clock.speed}× speed` : ""}`,
    );
    this.virtual.checked = clock.virtual;
    this.download.href = `/_mock/sessions/${segment(session.id)}/export`;
    this.snapshot.href = `/_mock/sessions/${segment(session.id)}/snapshot`;
    this.scenario.href = `/_mock/sessions/${segment(session.id)}/scenario`;
  }

  post(what, body, done) {
    return this.act(() => post(`sessions/${segment(this.id)}/${what}`, body), done);
  }

  patch(changes) {
    return this.act(() => patch(`sessions/${segment(this.id)}`, changes), "");
  }

  async act(act, done) {
    await attempt(this.app, act, done);
    await this.app.refresh("sessions");
  }

  async delete() {
    const { id } = this;
    await this.act(() => remove(`sessions/${segment(id)}`), "Session deleted");
    go(this.app.store, { session: "" });
  }
}

function labelled(input, label) {
  input.setAttribute("aria-label", label);
  return input;
}

function balanceText(account) {
  if (!account) return "No account: usage is free and unlimited. Top up or drain to create one.";
  if (account.unlimited) return `Unlimited, ${account.plan} plan`;
  return `${account.remaining} of ${account.granted} left, ${account.plan} plan`;
}

/** Say how a client uses the session. */
function clientSetting({ id, key }) {
  if (key) return [h("p", {}, "Configure the client with this key:"), copyable(key, "the key")];
  return [h("p", {}, "Send this header with any key:"), copyable(`x-mock-session: ${id}`, "the header")];
}

/** Creates a session with its own key. */
class NewSession {
  constructor(app) {
    this.app = app;
    this.name = h("input", { type: "text", maxLength: 100, placeholder: "optional" });
    this.created = h("div.created", { role: "status" });
    const submit = (event) => {
      event.preventDefault();
      this.create();
    };
    this.element = h(
      "details.new-session",
      {},
      h("summary", {}, "New session"),
      h("p.soft", {}, "Creates a separate key, for another client, test or scenario."),
      h("form.inline", { onsubmit: submit }, field("Name", this.name), h("button", {}, "Create")),
      this.created,
    );
  }

  async create() {
    await attempt(this.app, async () => {
      const name = this.name.value.trim();
      const session = await post("sessions", name ? { name } : {});
      fill(this.created, ...clientSetting(session));
      await this.app.refresh("sessions");
      go(this.app.store, { session: session.id });
    });
  }
}
