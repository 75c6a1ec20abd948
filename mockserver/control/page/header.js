// The top of the page: where one is, which session is looked at, whether the mock is there.

import { fill, h, mark, options, text, button } from "./dom.js";
import { connect } from "./welcome.js";
import { address, go } from "./route.js";
import { count, visible } from "./words.js";

const MOST = 200; // sessions that a person can choose from; the latest used

const VIEWS = [
  ["traffic", "Traffic"],
  ["steer", "Steer"],
  ["verdict", "Verdict"],
];

/** Navigation, session, connection. */
export function mountHeader(app, place) {
  const { store } = app;
  const links = VIEWS.map(([view, label]) => h("a", { data: { view } }, label));
  const session = h("select", { "aria-label": "Session", onchange: () => go(store, { session: session.value }) });
  const state = h("p.connection", { role: "status" });
  const dialog = connectDialog(app);
  const label = ["Connect", h("span", {}, " a client")];
  const connectButton = h("button.connect-button", { type: "button", onclick: () => dialog.showModal() }, ...label);
  fill(
    place,
    button("To the content", () => app.toContent(), { className: "skip" }),
    h("h1", {}, "AINative ", h("span.soft", {}, "mock")),
    h("nav", { "aria-label": "Views" }, ...links),
    session,
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
    const pairs = sessions.slice(0, MOST).map((one) => [one.id, `${visible(one.id)} · ${count(one.requests, "request")}`]);
    if (chosen && !pairs.some(([id]) => id === chosen)) pairs.push([chosen, visible(chosen)]);
    options(session, [["", "All sessions"], ...pairs], chosen);
  });
  store.watch(["connection", "trouble"], () => {
    const connection = store.get("connection");
    text(state, { live: "live", connecting: "connecting…", lost: "not connected", refused: "token refused" }[connection]);
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
    h("div.line", {}, h("h2", {}, "Connect a client"), button("Close", () => dialog.close())),
    content,
  );
  app.store.watch(["about"], () => {
    const about = app.store.get("about");
    if (about) fill(content, ...connect(about));
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}

/** A line across the page when something is wrong with the connection, or was. */
export function mountBanner(app, place) {
  const { store } = app;
  const words = h("p", { role: "alert" });
  const form = tokenForm();
  const dismiss = button("Good", () => store.set({ restarted: false, forgot: 0 }), { className: "small" });
  fill(place, words, form, dismiss);
  store.watch(["connection", "trouble", "restarted", "forgot"], () => {
    const connection = store.get("connection");
    const told =
      connection === "refused"
        ? "The mock was started again with another token. Open the link that it printed, or give the token here:"
        : connection === "lost"
          ? store.get("trouble") || "The mock does not answer. This page goes on by itself as soon as it is back."
          : store.get("restarted")
            ? "The mock was started again: its journal begins anew. Your place and what you were writing are kept."
            : store.get("forgot")
              ? `Exchanges before #${store.get("forgot")} were forgotten while this page was away.`
              : "";
    place.hidden = !told;
    text(words, told);
    form.hidden = connection !== "refused";
    dismiss.hidden = connection !== "live";
  });
}

function tokenForm() {
  const token = h("input", { type: "password", autocomplete: "off", "aria-label": "Token" });
  const submit = (event) => {
    event.preventDefault();
    location.assign(`/_mock/?token=${encodeURIComponent(token.value.trim())}${location.hash}`);
  };
  return h("form.inline", { onsubmit: submit }, token, h("button", {}, "Open"));
}
