// Showing what others have written: never more than a screenful at first, the rest when it is asked for, always as text.

import { button, fill, h } from "./dom.js";
import { size, visible } from "./words.js";

const FIRST = 20_000; // characters that are shown at once
const PIECE = 8_000; // characters in one box: the browser lays out only the boxes that are looked at
const MOST = 8_000_000; // characters that "show all" shows; what is longer is for an editor

/**
 * A text in a box of its own. `whole` says where the server has all of it if `text` is only its beginning:
 * {url, bytes}; `rest` says where a person finds it otherwise. Without either everything is here.
 */
export function shown(text, { whole = null, rest = "", label = "text" } = {}) {
  const pre = h("pre.text", { dir: "auto", tabIndex: 0, role: "group", "aria-label": label });
  const box = h("div.shown", {}, pre);
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

// A piece ends behind a line if there is one, and never inside a character.
function cutAt(text, start) {
  const end = start + PIECE;
  if (end >= text.length) return text.length;
  const line = text.lastIndexOf("\n", end);
  if (line > start) return line + 1;
  return /[\ud800-\udbff]/.test(text[end - 1]) ? end - 1 : end;
}

function more(pre, text, whole, rest) {
  const bytes = whole ? whole.bytes : new Blob([text]).size;
  const line = h("p.more", {}, `The beginning of ${size(bytes)}. ${rest}`);
  const all = button("Show all", async () => {
    all.disabled = true;
    try {
      const complete = whole ? await fetchText(whole.url) : text;
      pieces(pre, complete.slice(0, MOST));
      fill(line, complete.length > MOST ? "As much as a page can show. " : rest || `All of ${size(bytes)}. `);
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
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The mock answered ${answer.status}`);
  return answer.text();
}
