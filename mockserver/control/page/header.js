// The header: navigation, the chosen session and the state of the connection.

import { button, fill, h, mark, options, text } from "./dom.js";
import { plural, visible } from "./format.js";
import { address, go } from "./route.js";
import { connect } from "./welcome.js";

const MOST = 200; // sessions offered; the most recently used ones

const VIEWS = [
  ["traffic", "Traffic"],
  ["controls", "Controls"],
  ["verdict", "Verdict"],
];

/** Fill the header. */
export function mountHeader(app, place) {
  const { store } = app;
  const links = VIEWS.map(([view, label]) => h("a", { data: { view } }, label));
  const select = h("select", { "aria-label": "Session", onchange: () => go(store, { session: select.value }) });
  const state = h("p.connection", { role: "status" });
  const dialog = connectDialog(app);
  const label = ["Connect", h("span", {}, " a client")];
  const connectButton = h("button.connect-button", { type: "button", onclick: () => dialog.showModal() }, ...label);
  fill(
    place,
    button("Skip to content", () => app.focusContent(), { className: "skip" }),
    h("h1", {}, "AINative ", h("span.soft", {}, "mock")),
    h("nav", { "aria-label": "Views" }, ...links),
    select,
    connectButton,
    state,
    dialog,
  );

  store.watch(["route"], () => {
    const route = store.get("route");
    for (const link of links) {
      link.href = address({ ...route, view: link.dataset.view, open: "", event: "" });
      const here = link.dataset.view === route.view || (route.view === "exchange" && link.dataset.view === "traffic");
      link.toggleAttribute("aria-current", here);
      if (here) link.setAttribute("aria-current", "page");
    }
  });
  store.watch(["sessions", "route"], () => {
    const chosen = store.get("route").session;
    const sessions = store.get("sessions");
    const pairs = sessions
      .slice(0, MOST)
      .map((session) => [session.id, `${visible(session.id)} · ${plural(session.requests, "request")}`]);
    if (chosen && !pairs.some(([id]) => id === chosen)) pairs.push([chosen, visible(chosen)]);
    options(select, [["", "All sessions"], ...pairs], chosen);
  });
  store.watch(["connection", "trouble"], () => {
    const connection = store.get("connection");
    text(
      state,
      { live: "live", connecting: "connecting…", lost: "not connected", refused: "token refused" }[connection],
    );
    mark(state, "is-live", connection === "live");
    mark(state, "is-lost", connection === "lost" || connection === "refused");
    state.title = store.get("about") ? `${store.get("about").url}, version ${store.get("about").version}` : "";
  });
}

function connectDialog(app) {
  const content = h("div");
  const dialog = h(
    "dialog",
    { "aria-label": "Connect a client" },
    h(
      "div.line",
      {},
      h("h2", {}, "Connect a client"),
      button("Close", () => dialog.close()),
    ),
    content,
  );
  app.store.watch(["about"], () => {
    const about = app.store.get("about");
    if (about) fill(content, ...connect(about));
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}

/** Fill the banner, which reports a lost connection, a restart and forgotten exchanges. */
export function mountBanner(app, place) {
  const { store } = app;
  const message = h("p", { role: "alert" });
  const form = tokenForm();
  const dismiss = button("Dismiss", () => store.set({ restarted: false, forgot: 0 }), { className: "small" });
  fill(place, message, form, dismiss);
  store.watch(["connection", "trouble", "restarted", "forgot"], () => {
    const connection = store.get("connection");
    const warning = warningOf(store);
    place.hidden = !warning;
    text(message, warning);
    form.hidden = connection !== "refused";
    dismiss.hidden = connection !== "live";
  });
}

function warningOf(store) {
  const connection = store.get("connection");
  if (connection === "refused") {
    return "The mock was restarted with another token. Open the link it printed, or enter the token here:";
  }
  if (connection === "lost") {
    return store.get("trouble") || "Cannot reach the mock. This page reconnects as soon as it is back.";
  }
  if (store.get("restarted")) {
    return "The mock was restarted with an empty journal. Your place and unsaved text are kept.";
  }
  const forgot = store.get("forgot");
  return forgot ? `The mock discarded exchanges before #${forgot} while this page was disconnected.` : "";
}

function tokenForm() {
  const token = h("input", { type: "password", autocomplete: "off", "aria-label": "Token" });
  const submit = (event) => {
    event.preventDefault();
    location.assign(`/_mock/?token=${encodeURIComponent(token.value.trim())}${location.hash}`);
  };
  return h("form.inline", { onsubmit: submit }, token, h("button", {}, "Open"));
}
