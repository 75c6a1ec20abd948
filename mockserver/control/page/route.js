// Where one is: kept in the address after #, so that a reload, a bookmark and the back button show the same.

const EMPTY = { view: "", open: "", tab: "", event: "", session: "", q: "" };

// A wide window has room beside the traffic; there steering stands ready.
const WIDE = window.matchMedia("(min-width: 60rem)");

/** What the address says. */
export function read() {
  const said = new URLSearchParams(location.hash.slice(1));
  const route = { ...EMPTY };
  for (const name of Object.keys(route)) route[name] = said.get(name) || "";
  if (!["traffic", "exchange", "steer", "verdict"].includes(route.view)) route.view = WIDE.matches ? "steer" : "traffic";
  if (route.view === "exchange" && !route.open) route.view = "traffic";
  return route;
}

/** The address of a route. */
export function address(route) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(route)) if (value && name in EMPTY) said.set(name, value);
  return `#${said}`;
}

/** Go somewhere: what is not named stays. `quietly` leaves no step for the back button. */
export function go(store, changes, { quietly = false } = {}) {
  const now = store.get("route");
  const route = { ...now, ...changes };
  if (Object.keys(route).every((name) => route[name] === now[name])) return;
  history[quietly ? "replaceState" : "pushState"](null, "", address(route));
  store.set({ route });
}

/** Follow the address. */
export function follow(store) {
  const again = () => store.set({ route: read() });
  window.addEventListener("hashchange", again);
  window.addEventListener("popstate", again);
}

/** Open an exchange by its number, or a live stream by its id. */
export function openRow(store, row, quietly = false) {
  const open = row.number ? String(row.number) : `live-${row.id}`;
  const now = store.get("route");
  const tab = now.tab || (row.number ? "" : "stream");
  go(store, { view: "exchange", open, tab, event: "" }, { quietly: quietly && now.view === "exchange" });
}
