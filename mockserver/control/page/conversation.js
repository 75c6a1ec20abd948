// The request as a conversation, and the answer as its next message.

import { BASE } from "./api.js";
import { fill, h } from "./dom.js";
import { shown } from "./texts.js";
import { brief, pretty, visible } from "./words.js";

const LONGEST = 65_536; // the server gives so much of a text
const MOST = 400; // messages that are shown; a longer history is in the request's body

/** The conversation tab. */
export function drawConversation(app, place, exchange) {
  const { conversation, body, body_bytes, body_cut } = exchange.request;
  const parts = [];
  if (conversation) {
    parts.push(facts(conversation), ...messages(conversation.messages));
  } else if (body_bytes) {
    const whole = body_cut ? { url: `${BASE}exchanges/${exchange.number}/body`, bytes: body_bytes } : null;
    parts.push(h("p.soft", {}, "This request carries no conversation that could be read. Its body:"));
    parts.push(shown(pretty(body), { whole, label: "Request body" }));
  } else {
    parts.push(h("p.soft", {}, "This request has no body."));
  }
  parts.push(answer(exchange));
  fill(place, h("div.conversation", {}, ...parts));
}

function facts({ model, system, stream, tools }) {
  const said = [["model", model || "none named"]];
  said.push(["wanted", stream ? "a stream" : "a whole answer"]);
  if (tools.length) said.push(["tools", tools.join(", ")]);
  const list = said.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, visible(value))));
  const told = system ? h("details.system", {}, h("summary", {}, `system: ${brief(system, 90)}`), shown(system)) : null;
  return h("div.asked", {}, h("dl.inline", {}, ...list), told);
}

function messages(all) {
  const found = all.slice(-MOST).map(({ role, blocks }) => message(role, blocks.map(block)));
  if (all.length <= MOST) return found;
  return [h("p.soft", {}, `${all.length - MOST} earlier messages are in the request's body.`), ...found];
}

function message(role, blocks, extra = "") {
  return h(
    `article.message${extra}`,
    { data: { role }, "aria-label": `${role} message` },
    h("h3", {}, visible(role)),
    h("div.blocks", {}, ...blocks),
  );
}

function block(one) {
  if (one.tool_use) return call(one.tool_use.name, one.tool_use.id, JSON.stringify(one.tool_use.input ?? {}, null, 2));
  if (one.tool_result) return result(one.tool_result);
  if (one.media) return h("p.media", {}, `[${visible(one.media)}]`);
  return words(one.text ?? "");
}

function words(text) {
  if (text === "") return h("p.soft", {}, "an empty text");
  const rest = text.length >= LONGEST ? "What follows is in Request or Response." : "";
  return shown(text, { rest, label: "Text" });
}

function call(name, id, input) {
  const title = h("h4", {}, "calls ", h("b", {}, visible(name || "a tool without a name")), h("span.soft", {}, ` ${visible(id || "")}`));
  return h("div.tool", {}, title, shown(input, { label: `Arguments of ${name}` }));
}

function result({ id, text, is_error }) {
  const kind = is_error ? "error of" : "result of";
  const title = h("h4", {}, `${kind} `, h("span.soft", {}, visible(id || "")));
  return h(`div.tool${is_error ? ".is-error" : ""}`, {}, title, words(text ?? ""));
}

function answer(exchange) {
  const { text, calls, error, is_whole } = exchange.answer;
  const blocks = [];
  if (text) blocks.push(words(text));
  for (const one of calls) blocks.push(call(one.name, one.id, pretty(one.arguments || "{}")));
  if (error) blocks.push(h("div.tool.is-error", {}, h("h4", {}, `${exchange.status} error`), words(error)));
  if (!blocks.length) blocks.push(h("p.soft", {}, exchange.number ? "It says nothing that a client could read." : "Nothing has come yet."));
  if (exchange.number && !is_whole && !error) blocks.push(h("p.odd", {}, "A client cannot take this for a whole answer."));
  return message("answer", blocks, exchange.number ? "" : ".is-live");
}
