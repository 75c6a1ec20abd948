// Steer: what the mock does, for all sessions or for the one that is chosen above.

import { fill, h, text } from "./dom.js";
import { mountNext } from "./next.js";
import { mountPace } from "./pace.js";
import { mountScenario } from "./scenario.js";
import { mountSession } from "./session.js";
import { visible } from "./words.js";

/** The pane: one section for each thing that can be chosen. */
export function mountSteer(app, place) {
  const whom = h("p.whom", { role: "status" });
  const parts = [mountNext, mountScenario, mountPace, mountSession].map((mount) => {
    const section = h("section.steer");
    mount(app, section);
    return section;
  });
  fill(place, h("div.line", {}, h("h2", { tabIndex: -1 }, "Steer"), whom), ...parts);
  app.store.watch(["route", "sessions"], () => text(whom, `for ${targetName(app)}`));
}

/** The session that is steered, or null for all. */
export function target(app) {
  return app.store.get("route").session || null;
}

/** What is known of it; null for all, or while it is not known. */
export function targetSession(app) {
  return app.store.get("sessions").find((one) => one.id === target(app)) || null;
}

/** Its name in a sentence. */
export function targetName(app) {
  const id = target(app);
  return id ? `session ${visible(id)}` : "all sessions";
}

/** Do something with the API; what it refuses is said. Gives whether it was done. */
export async function attempt(app, act, done = "") {
  try {
    await act();
    if (done) app.say(done);
    return true;
  } catch (error) {
    app.say(error.message, "bad");
    return false;
  }
}
