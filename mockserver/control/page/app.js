// The entry point: creates the store and mounts every part of the page. Each part watches the state it shows.

import { get } from "./api.js";
import { mountControls } from "./controls.js";
import { mark, text } from "./dom.js";
import { mountExchange } from "./exchange.js";
import { Feed } from "./feed.js";
import { mountBanner, mountHeader } from "./header.js";
import { follow, go, read } from "./route.js";
import { Rows } from "./rows.js";
import { Store } from "./store.js";
import { mountTraffic } from "./traffic.js";
import { mountVerdict } from "./verdict.js";

const MESSAGE_TIME = 6_000; // milliseconds that an announcement stays visible
const REFRESH_DELAY = 800; // milliseconds between two reads of the sessions while traffic flows

const store = new Store({
  route: read(),
  about: null,
  sessions: [],
  scenarios: [],
  profiles: [],
  defaults: null,
  faults: [],
  next: [],
  connection: "connecting",
  trouble: "",
  restarted: false,
  forgot: 0,
  paused: null, // the rows shown while the list is paused
  rows: 0,
  last: 0, // the number of the last exchange
});
const rows = new Rows();

const LOADERS = {
  sessions: async () => store.set({ sessions: await get("sessions") }),
  scenarios: async () => store.set({ scenarios: await get("scenarios"), profiles: await get("chaos") }),
  defaults: async () => store.set({ defaults: await get("defaults") }),
  next: async () => store.set({ next: await get("next") }),
};

/** Reload state that this page or another client has changed. */
async function refresh(what) {
  const names = what === "all" ? Object.keys(LOADERS) : [what];
  if (what === "next") names.push("sessions"); // each session includes its own queue
  await Promise.all(names.filter((name) => name in LOADERS).map((name) => LOADERS[name]()));
  if (what === "all") store.set({ faults: await get("faults") });
}

let timer = 0;

/** Show a message in the corner; screen readers read it out. */
function announce(message, tone = "good") {
  const place = document.getElementById("announcement");
  text(place, message);
  mark(place, "bad", tone === "bad");
  clearTimeout(timer);
  timer = setTimeout(() => text(place, ""), MESSAGE_TIME);
}

const feed = new Feed(store, rows, refresh);
const app = { store, rows, announce, refresh, focusContent };

const place = (id) => document.getElementById(id);
mountHeader(app, place("header"));
mountBanner(app, place("banner"));
mountTraffic(app, place("traffic"));
mountExchange(app, place("exchange"));
mountControls(app, place("controls"));
mountVerdict(app, place("verdict"));

store.watch(["route"], () => {
  const { view } = store.get("route");
  document.body.dataset.view = view;
  const focused = document.activeElement;
  for (const name of ["exchange", "controls", "verdict"]) place(name).hidden = view !== name;
  if (focused !== document.body && !focused.checkVisibility()) focusContent();
});
// Escape closes an exchange wherever the focus is, but leaves what the focused control does with it alone.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || store.get("route").view !== "exchange") return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  go(store, { view: "traffic", open: "", event: "" });
  place("traffic").querySelector("[role=listbox]").focus();
});

// Move the focus when the part that had it is hidden, or when the user skips the header.
function focusContent() {
  const { view } = store.get("route");
  const list = place("traffic").querySelector("[role=listbox]");
  if (view === "traffic" || (view !== "exchange" && list.checkVisibility())) list.focus();
  else place(view).focus();
}

// Each exchange changes its session (counts, credits, queue). A short delay batches the reloads.
let refreshTimer = 0;
store.watch(["last"], () => {
  if (!store.get("last") || refreshTimer) return;
  refreshTimer = setTimeout(() => {
    refreshTimer = 0;
    refresh("next").catch(() => {}); // the connection status shows what is wrong
  }, REFRESH_DELAY);
});

follow(store);
feed.start();
