// The page, put together. Each part watches what it shows; this file knows only which parts there are.

import { get } from "./api.js";
import { mark, text } from "./dom.js";
import { mountExchange } from "./exchange.js";
import { mountBanner, mountHeader } from "./header.js";
import { Live } from "./live.js";
import { follow, go, read } from "./route.js";
import { Rows } from "./rows.js";
import { mountSteer } from "./steer.js";
import { Store } from "./store.js";
import { mountTraffic } from "./traffic.js";
import { mountVerdict } from "./verdict.js";

const SAID = 6_000; // milliseconds that a message stays
const PAUSE = 800; // milliseconds between two looks at the sessions while traffic flows

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
  paused: null, // the rows that are shown while the list is paused
  rows: 0,
  last: 0, // the number of the last exchange
});
const rows = new Rows();

const READ = {
  sessions: async () => store.set({ sessions: await get("sessions") }),
  scenarios: async () => store.set({ scenarios: await get("scenarios"), profiles: await get("chaos") }),
  defaults: async () => store.set({ defaults: await get("defaults") }),
  next: async () => store.set({ next: await get("next") }),
};

/** Read again what was steered, here or elsewhere. */
async function refresh(what) {
  const names = what === "all" ? Object.keys(READ) : [what];
  if (what === "next") names.push("sessions"); // a session shows what waits for it
  await Promise.all(names.filter((name) => name in READ).map((name) => READ[name]()));
  if (what === "all") store.set({ faults: await get("faults") });
}

let timer = 0;

/** Say something in the corner, for eyes and ears. */
function say(words, tone = "good") {
  const place = document.getElementById("say");
  text(place, words);
  mark(place, "bad", tone === "bad");
  clearTimeout(timer);
  timer = setTimeout(() => text(place, ""), SAID);
}

const live = new Live(store, rows, (what) => refresh(what));
const app = { store, rows, live, say, refresh, toContent };

const place = (id) => document.getElementById(id);
mountHeader(app, place("header"));
mountBanner(app, place("banner"));
mountTraffic(app, place("traffic"));
mountExchange(app, place("exchange"));
mountSteer(app, place("steer"));
mountVerdict(app, place("verdict"));

store.watch(["route"], () => {
  const { view } = store.get("route");
  document.body.dataset.view = view;
  const focused = document.activeElement;
  for (const name of ["exchange", "steer", "verdict"]) place(name).hidden = view !== name;
  if (focused !== document.body && !focused.checkVisibility()) toContent();
});
place("exchange").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.target.closest("input")) return;
  go(store, { view: "traffic", open: "", event: "" });
  place("traffic").querySelector("[role=listbox]").focus();
});

// Where the focus goes when the part that had it is hidden, or when somebody skips the header.
function toContent() {
  const { view } = store.get("route");
  const list = place("traffic").querySelector("[role=listbox]");
  if (view === "traffic" || (view !== "exchange" && list.checkVisibility())) list.focus();
  else place(view).focus();
}

// Each exchange changes its session: the counts, the credits, what waits. Looked at a little later, all together.
let looking = 0;
store.watch(["last"], () => {
  if (!store.get("last") || looking) return;
  looking = setTimeout(() => {
    looking = 0;
    refresh("next").catch(() => {}); // the connection's own state says what is wrong
  }, PAUSE);
});

follow(store);
live.start();
