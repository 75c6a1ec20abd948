// The conversation tab: the request's messages, and the answer as the next message.

import { BASE } from "./api.js";
import { fill, h } from "./dom.js";
import { brief, pretty, visible } from "./format.js";
import { textBox } from "./textbox.js";

const LONGEST = 65_536; // the server cuts each text at this many characters
const MOST = 400; // messages shown; the request's body has the rest

/** Fill the conversation tab. */
export function drawConversation(place, exchange) {
  const { conversation, body, body_bytes, body_cut } = exchange.request;
  const parts = [];
  if (conversation) {
    parts.push(facts(conversation), ...messages(conversation.messages));
  } else if (body_bytes) {
    const whole = body_cut ? { url: `${BASE}exchanges/${exchange.number}/body`, bytes: body_bytes } : null;
    parts.push(h("p.soft", {}, "The request body is not a readable conversation:"));
    parts.push(textBox(pretty(body), { whole, label: "Request body" }));
  } else {
    parts.push(h("p.soft", {}, "This request has no body."));
  }
  parts.push(answer(exchange));
  fill(place, h("div.conversation", {}, ...parts));
}

function facts({ model, system, stream, tools }) {
  const items = [["model", model || "not given"]];
  items.push(["stream", stream ? "yes" : "no"]);
  if (tools.length) items.push(["tools", tools.join(", ")]);
  const list = items.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, visible(value))));
  const details = system
    ? h("details.system", {}, h("summary", {}, `system: ${brief(system, 90)}`), textBox(system))
    : null;
  return h("div.request-facts", {}, h("dl.inline", {}, ...list), details);
}

function messages(all) {
  const latest = all.slice(-MOST).map(({ role, blocks }) => message(role, blocks.map(block)));
  if (all.length <= MOST) return latest;
  return [h("p.soft", {}, `${all.length - MOST} earlier messages: see Request`), ...latest];
}

function message(role, blocks, extra = "") {
  return h(
    `article.message${extra}`,
    { data: { role }, "aria-label": `${role} message` },
    h("h3", {}, visible(role)),
    h("div.blocks", {}, ...blocks),
  );
}

function block({ tool_use, tool_result, thinking, media, text }) {
  if (tool_use) return toolCall(tool_use.name, tool_use.id, JSON.stringify(tool_use.input ?? {}, null, 2));
  if (tool_result) return toolResult(tool_result);
  if (thinking) return thought(thinking.redacted ? "(redacted)" : thinking.text);
  if (media) return h("p.media", {}, `[${visible(media)}]`);
  return paragraph(text ?? "");
}

function paragraph(text) {
  if (text === "") return h("p.soft", {}, "(empty text)");
  const rest = text.length >= LONGEST ? "See Request or Response for the rest." : "";
  return textBox(text, { rest, label: "Text" });
}

function thought(text) {
  return h("div.tool", {}, h("h4", {}, "thinks"), paragraph(text));
}

function toolCall(name, id, input) {
  const title = h(
    "h4",
    {},
    "calls ",
    h("b", {}, visible(name || "(unnamed tool)")),
    h("span.soft", {}, ` ${visible(id || "")}`),
  );
  return h("div.tool", {}, title, textBox(input, { label: `Arguments of ${name}` }));
}

function toolResult({ id, text, is_error }) {
  const kind = is_error ? "error of" : "result of";
  const title = h("h4", {}, `${kind} `, h("span.soft", {}, visible(id || "")));
  return h(`div.tool${is_error ? ".is-error" : ""}`, {}, title, paragraph(text ?? ""));
}

function answer(exchange) {
  const { text, thinking, calls, error, is_whole } = exchange.answer;
  const blocks = [];
  if (thinking) blocks.push(thought(thinking));
  if (text) blocks.push(paragraph(text));
  for (const call of calls) blocks.push(toolCall(call.name, call.id, pretty(call.arguments || "{}")));
  if (error) blocks.push(h("div.tool.is-error", {}, h("h4", {}, `${exchange.status} error`), paragraph(error)));
  if (!blocks.length)
    blocks.push(
      h("p.soft", {}, exchange.number ? "The answer has no content that a client could read." : "No content yet."),
    );
  if (exchange.number && !is_whole && !error)
    blocks.push(h("p.odd", {}, "The answer is incomplete: a client can tell that it broke off."));
  return message("answer", blocks, exchange.number ? "" : ".is-live");
}
