// Boxes for untrusted text of any length: always shown as text, and only its beginning until the user asks for more.

import { button, fill, h } from "./dom.js";
import { size, visible } from "./format.js";

const FIRST = 20_000; // characters shown at first
const PIECE = 8_000; // characters in one element: the browser lays out only the visible elements
const MOST = 8_000_000; // characters that "Show all" shows; longer texts can be downloaded

/**
 * Create a box with a text. If `text` is only the beginning, `whole` ({url, bytes}) names the server's full copy, or
 * `rest` says where the user can find the rest.
 */
export function textBox(text, { whole = null, rest = "", label = "text" } = {}) {
  const pre = h("pre.text", { dir: "auto", tabIndex: 0, role: "group", "aria-label": label });
  const box = h("div.text-box", {}, pre);
  pieces(pre, text.slice(0, FIRST));
  if (text.length > FIRST || whole !== null) box.append(more(pre, text, whole, rest));
  return box;
}

function pieces(pre, text) {
  if (text.length <= PIECE) {
    pre.textContent = visible(text);
    return;
  }
  const boxes = [];
  for (let start = 0; start < text.length; ) {
    const end = cutAt(text, start);
    boxes.push(h("span.piece", { textContent: visible(text.slice(start, end)) }));
    start = end;
  }
  fill(pre, ...boxes);
}

// A piece ends after a line break if there is one, and never inside a character.
function cutAt(text, start) {
  const end = start + PIECE;
  if (end >= text.length) return text.length;
  const line = text.lastIndexOf("\n", end);
  if (line > start) return line + 1;
  return /[\ud800-\udbff]/.test(text[end - 1]) ? end - 1 : end;
}

function more(pre, text, whole, rest) {
  const bytes = whole ? whole.bytes : new Blob([text]).size;
  const line = h("p.more", {}, `First part of ${size(bytes)}. ${rest}`);
  const all = button("Show all", async () => {
    all.disabled = true;
    try {
      const complete = whole ? await fetchText(whole.url) : text;
      pieces(pre, complete.slice(0, MOST));
      fill(line, complete.length > MOST ? "Too long to show completely. " : rest || `All ${size(bytes)}. `);
    } catch (error) {
      all.disabled = false;
      line.prepend(`${error.message}. `);
    }
    if (whole) line.append(download(whole.url));
  });
  line.append(all);
  if (whole) line.append(" ", download(whole.url));
  return line;
}

function download(url) {
  return h("a", { href: url, download: "" }, "Download");
}

async function fetchText(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The mock returned ${response.status}`);
  return response.text();
}
