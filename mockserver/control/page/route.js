// The page's location, kept in the URL fragment so that reloads, bookmarks and the back button work.

const EMPTY = { view: "", open: "", tab: "", event: "", session: "", q: "" };

// A wide window has room for the controls beside the traffic.
const WIDE = window.matchMedia("(min-width: 60rem)");

/** Parse the URL fragment. */
export function read() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const route = { ...EMPTY };
  for (const name of Object.keys(route)) route[name] = parameters.get(name) || "";
  if (route.view === "steer") route.view = "controls"; // the view's former name, in old bookmarks
  if (!["traffic", "exchange", "controls", "verdict"].includes(route.view))
    route.view = WIDE.matches ? "controls" : "traffic";
  if (route.view === "exchange" && !route.open) route.view = "traffic";
  return route;
}

/** Return the URL fragment of a route. */
export function address(route) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(route)) if (value && name in EMPTY) parameters.set(name, value);
  return `#${parameters}`;
}

/** Change parts of the route. `quietly` replaces the history entry, so that the back button skips it. */
export function go(store, changes, { quietly = false } = {}) {
  const now = store.get("route");
  const route = { ...now, ...changes };
  if (Object.keys(route).every((name) => route[name] === now[name])) return;
  history[quietly ? "replaceState" : "pushState"](null, "", address(route));
  store.set({ route });
}

/** Follow changes of the URL fragment. */
export function follow(store) {
  const update = () => store.set({ route: read() });
  window.addEventListener("hashchange", update);
  window.addEventListener("popstate", update);
}

/** Open an exchange by its number, or a live stream by its id. */
export function openRow(store, row, quietly = false) {
  const open = row.number ? String(row.number) : `live-${row.id}`;
  const now = store.get("route");
  const tab = now.tab || (row.number ? "" : "stream");
  go(store, { view: "exchange", open, tab, event: "" }, { quietly: quietly && now.view === "exchange" });
}
