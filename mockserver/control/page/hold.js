// Hold: stop a stream on its way, go on event by event, let it run.

import { post } from "./api.js";
import { button, h, mark, text } from "./dom.js";
import { count } from "./words.js";

/** The controls of a live answer. Gone when it has ended. */
export class HoldBar {
  constructor(app) {
    this.app = app;
    this.id = 0;
    this.state = h("p.state", { role: "status" });
    this.hold = button("Hold", () => this.do("hold"));
    this.step = button("Step one event", () => this.do("step", { events: 1 }));
    this.many = h("input", { type: "number", min: 1, max: 10_000, value: 10, "aria-label": "How many events to step" });
    this.steps = button("Step", () => this.do("step", { events: Math.max(1, Math.floor(Number(this.many.value)) || 1) }));
    this.run = button("Let it run", () => this.do("run"));
    const group = h("span.joined", {}, this.steps, this.many, h("span.soft", {}, "events"));
    this.element = h(
      "div.hold",
      { role: "group", "aria-label": "Hold this stream", hidden: true },
      this.state,
      h("div.buttons", {}, this.hold, this.step, group, this.run),
    );
  }

  async do(verb, body) {
    try {
      await post(`live/${this.id}/${verb}`, body); // how it stands then is told by the traffic, in order
    } catch (error) {
      this.app.say(error.message, "bad");
    }
  }

  /** Show how it stands. The row knows it before the exchange does. */
  draw(id, exchange, row) {
    this.id = id;
    this.element.hidden = !id;
    if (!id) return;
    const held = Boolean(row?.held);
    const events = Math.max(row?.events || 0, exchange.events);
    const next = events + 1;
    text(this.state, held ? `Held before event ${next}${exchange.of > 1 ? ` of ${exchange.of}` : ""}` : `Running: ${count(events, "event")} so far`);
    mark(this.element, "is-held", held);
    this.hold.disabled = held;
    this.run.disabled = !held;
  }
}
