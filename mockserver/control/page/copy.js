// Copying to the clipboard, and saying so.

import { button, h, text } from "./dom.js";
import { visible } from "./words.js";

const SHOWN = 1_500; // milliseconds

/** Put a text on the clipboard. Browsers give it to pages on this machine and to https; elsewhere the old way helps. */
export async function copy(value) {
  if (navigator.clipboard) return navigator.clipboard.writeText(value);
  const area = h("textarea", { value, className: "aside" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("This browser does not let the page copy; mark the text and copy it");
  return undefined;
}

/** A button that copies what `value` gives. */
export function copyButton(value, what, label = "Copy") {
  const said = h("span.said", { role: "status" });
  const pressed = async () => {
    try {
      await copy(typeof value === "function" ? value() : value);
      text(said, "Copied");
    } catch (error) {
      text(said, error.message);
    }
    setTimeout(() => text(said, ""), SHOWN);
  };
  return h("span.copy", {}, button(label, pressed, { className: "small", "aria-label": `Copy ${what}` }), said);
}

/** A text with its button. */
export function copyable(value, what) {
  return h("span.copyable", {}, h("code", {}, visible(value)), copyButton(value, what));
}
