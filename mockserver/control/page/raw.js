// The request and response tabs: headers and body as sent. The mock masked secrets before it stored them.

import { BASE } from "./api.js";
import { fill, h } from "./dom.js";
import { pretty, size, visible } from "./format.js";
import { textBox } from "./textbox.js";

/** Fill the request tab. */
export function drawRequest(place, exchange) {
  const { headers, body, body_bytes, body_cut } = exchange.request;
  const whole = body_cut ? { url: `${BASE}exchanges/${exchange.number}/body`, bytes: body_bytes } : null;
  fill(
    place,
    h("p.start-line", {}, visible(`${exchange.method} ${exchange.path}`)),
    table("Request headers", headers),
    title("Body", body_bytes),
    body_bytes ? textBox(whole ? body : pretty(body), { whole, label: "Request body" }) : null,
  );
}

/** Fill the response tab. */
export function drawResponse(place, exchange) {
  const { answer } = exchange;
  const body = answer.events.map((event) => event.data).join("");
  const cut = answer.events_cut || exchange.bytes > 2 * body.length + 1024;
  const whole =
    cut && exchange.number ? { url: `${BASE}exchanges/${exchange.number}/answer`, bytes: exchange.bytes } : null;
  fill(
    place,
    h("p.start-line", {}, exchange.status ? `HTTP ${exchange.status}` : "No status was sent"),
    table("Response headers", answer.headers),
    title("Body", exchange.bytes),
    exchange.bytes ? textBox(answer.is_stream ? body : pretty(body), { whole, label: "Response body" }) : null,
  );
}

function title(label, bytes) {
  return h("h3.part", {}, label, h("span.soft", {}, bytes ? ` ${size(bytes)}` : " none"));
}

function table(caption, headers) {
  const rows = Object.entries(headers || {}).map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row" }, visible(name)), h("td", {}, visible(String(value)))),
  );
  if (!rows.length) return h("p.soft", {}, `${caption}: none`);
  return h("table.headers", {}, h("caption", {}, caption), h("tbody", {}, ...rows));
}
