// The hold bar: hold a live stream, step through its events, release it.

import { post } from "./api.js";
import { button, h, mark, text } from "./dom.js";
import { plural } from "./format.js";

/** The buttons for a live answer; hidden once it has ended. */
export class HoldBar {
  constructor(app) {
    this.app = app;
    this.id = 0;
    this.state = h("p.state", { role: "status" });
    this.hold = button("Hold", () => this.send("hold"));
    this.step = button("Step one event", () => this.send("step", { events: 1 }));
    this.many = h("input", {
      type: "number",
      min: 1,
      max: 10_000,
      value: 10,
      "aria-label": "Number of events to step",
    });
    this.steps = button("Step", () =>
      this.send("step", { events: Math.max(1, Math.floor(Number(this.many.value)) || 1) }),
    );
    this.run = button("Release", () => this.send("run"));
    const group = h("span.joined", {}, this.steps, this.many, h("span.soft", {}, "events"));
    this.element = h(
      "div.hold",
      { role: "group", "aria-label": "Hold this stream", hidden: true },
      this.state,
      h("div.buttons", {}, this.hold, this.step, group, this.run),
    );
  }

  async send(verb, body) {
    try {
      await post(`live/${this.id}/${verb}`, body); // the feed reports the new state
    } catch (error) {
      this.app.announce(error.message, "bad");
    }
  }

  /** Show the stream's state. The row is updated before the exchange. */
  draw(id, exchange, row) {
    this.id = id;
    this.element.hidden = !id;
    if (!id) return;
    const held = Boolean(row?.held);
    const events = Math.max(row?.events || 0, exchange.events);
    const next = events + 1;
    text(
      this.state,
      held
        ? `Held before event ${next}${exchange.of > 1 ? ` of ${exchange.of}` : ""}`
        : `Running: ${plural(events, "event")} so far`,
    );
    mark(this.element, "is-held", held);
    this.hold.disabled = held;
    this.run.disabled = !held;
  }
}
