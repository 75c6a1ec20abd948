// The coverage below the verdict: which documented situations were met, and the turn that makes each other one.

import { get, query } from "./api.js";
import { fill, h, text } from "./dom.js";
import { visible } from "./format.js";

const RELOAD_DELAY = 900; // milliseconds after the last exchange

/** Fill a place of the verdict pane. */
export function mountCoverage(app, place) {
  const summary = h("summary");
  const content = h("div.missing");
  fill(place, h("details.situations", {}, summary, content));

  let timer = 0;
  const load = async () => {
    clearTimeout(timer);
    const { view, session } = app.store.get("route");
    if (view !== "verdict") return;
    try {
      draw(await get(`coverage${query({ session })}`), summary, content);
    } catch (error) {
      text(summary, error.message);
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(load, RELOAD_DELAY);
  };
  app.store.watch(["route"], load);
  app.store.watch(["last", "connection", "scenarios"], later);
}

function draw(found, summary, content) {
  const share = `${Math.floor(found.percent)} % (${found.met} of ${found.total} documented situations met)`;
  text(summary, `Coverage of the gateway: ${share}`);
  const key = JSON.stringify(found);
  if (content.dataset.key === key) return; // a person may be selecting a turn in it
  content.dataset.key = key;
  const unplayed = found.turns.filter(({ played }) => !played);
  fill(
    content,
    ...found.groups.flatMap(group),
    unplayed.length ? h("h3", {}, "Turns never played") : null,
    unplayed.length ? h("ul", {}, ...unplayed.map(turnPlace)) : null,
  );
}

function group({ name, situations }) {
  const missing = situations.filter(({ met }) => !met);
  const title = `${name}: ${situations.length - missing.length} of ${situations.length}`;
  return [h("h3", {}, title), missing.length ? h("ul", {}, ...missing.map(situation)) : null];
}

function situation({ name, about, turn }) {
  return h("li", {}, `${name}: ${about} `, h("code", {}, turn));
}

function turnPlace({ path, line, turn }) {
  return h("li", {}, visible(`${path}:${line} ${turn}`));
}
