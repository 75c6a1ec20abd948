// Copying to the clipboard, with feedback.

import { button, h, text } from "./dom.js";
import { visible } from "./format.js";

const FEEDBACK_TIME = 1_500; // milliseconds that "Copied" stays visible

/** Copy a text. Browsers offer the clipboard API on localhost and https only, so other pages use execCommand. */
export async function copy(value) {
  if (navigator.clipboard) return navigator.clipboard.writeText(value);
  const area = h("textarea", { value, className: "aside" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("The browser blocked copying; select the text and copy it yourself");
  return undefined;
}

/** Return a button that copies `value`, or what it returns if it is a function. */
export function copyButton(value, what, label = "Copy") {
  const feedback = h("span.feedback", { role: "status" });
  const onclick = async () => {
    try {
      await copy(typeof value === "function" ? value() : value);
      text(feedback, "Copied");
    } catch (error) {
      text(feedback, error.message);
    }
    setTimeout(() => text(feedback, ""), FEEDBACK_TIME);
  };
  return h("span.copy", {}, button(label, onclick, { className: "small", "aria-label": `Copy ${what}` }), feedback);
}

/** Return a text with a copy button. */
export function copyable(value, what) {
  return h("span.copyable", {}, h("code", {}, visible(value)), copyButton(value, what));
}
