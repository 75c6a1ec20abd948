// The controls pane: what the mock does, for all sessions or for the one chosen in the header.

import { fill, h, text } from "./dom.js";
import { mountPace } from "./pace.js";
import { mountQueue } from "./queue.js";
import { mountScenario } from "./scenario.js";
import { mountSession } from "./session.js";
import { targetName } from "./target.js";

/** Fill the pane with one section for each thing that can be changed. */
export function mountControls(app, place) {
  const whom = h("p.whom", { role: "status" });
  const sections = [mountQueue, mountScenario, mountPace, mountSession].map((mount) => {
    const section = h("section.control");
    mount(app, section);
    return section;
  });
  fill(place, h("div.line", {}, h("h2", { tabIndex: -1 }, "Controls"), whom), ...sections);
  app.store.watch(["route", "sessions"], () => text(whom, `for ${targetName(app)}`));
}
