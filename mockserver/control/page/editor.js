// A text area for YAML with line numbers, and what is wrong beside the line where it is.

import { fill, h, mark, text } from "./dom.js";
import { count, visible } from "./words.js";

const PAUSE = 300; // milliseconds without a key before the text is examined

/** `examine(text)` gives {problems}. `changed(text, problems)` is told after each look. */
export class Editor {
  #timer = 0;
  #turn = 0;

  constructor({ label, examine, changed }) {
    this.examine = examine;
    this.changed = changed;
    this.problems = [];
    this.gutter = h("div.gutter", { "aria-hidden": "true" });
    this.marks = h("div.marks", { "aria-hidden": "true" });
    this.area = h("textarea", {
      "aria-label": label,
      spellcheck: false,
      autocapitalize: "off",
      autocomplete: "off",
      wrap: "off",
      rows: 14,
      oninput: () => this.edited(),
      onscroll: () => this.scrolled(),
      onkeydown: (event) => this.pressed(event),
    });
    this.summary = h("p.summary", { role: "status" });
    this.list = h("ul.problems");
    this.area.setAttribute("aria-describedby", (this.list.id = "editor-problems"));
    this.element = h("div.editor", {}, h("div.sheet", {}, this.gutter, h("div.page", {}, this.marks, this.area)), this.summary, this.list);
  }

  get value() {
    return this.area.value;
  }

  set value(value) {
    if (this.area.value !== value) this.area.value = value;
    this.show([]);
    this.look();
  }

  /** A text to begin with, which is not examined. */
  begin(value) {
    this.area.value = value;
    this.drawGutter();
  }

  edited() {
    this.drawGutter();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), PAUSE);
  }

  /** Examine what stands there now; an answer that comes too late is dropped. */
  async look() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const turn = this.#turn;
    const value = this.area.value;
    try {
      const { problems } = value.trim() ? await this.examine(value) : { problems: [] };
      if (turn !== this.#turn) return;
      this.show(problems);
      this.changed(value, problems);
    } catch (error) {
      if (turn === this.#turn) text(this.summary, error.message);
    }
  }

  /** Show these problems. */
  show(problems) {
    this.problems = problems;
    mark(this.element, "is-bad", problems.length);
    this.area.setAttribute("aria-invalid", String(problems.length > 0));
    text(this.summary, problems.length ? count(problems.length, "problem") : this.value.trim() ? "No problem found" : "");
    fill(this.list, ...problems.map((problem) => this.item(problem)));
    this.drawGutter();
    this.drawMarks();
  }

  item({ line, column, path, message }) {
    const where = line ? `line ${line}` : path || "file";
    const go = h("button.link", { type: "button", onclick: () => this.goTo(line || 1, column || 1) }, where);
    return h("li", {}, go, ` ${visible(message)}`);
  }

  goTo(line, column) {
    const lines = this.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const at = Math.min(start + column - 1, start + (lines[line - 1] || "").length);
    this.area.focus();
    this.area.setSelectionRange(at, at);
    const height = this.area.scrollHeight / Math.max(1, lines.length);
    this.area.scrollTop = Math.max(0, (line - 4) * height);
  }

  drawGutter() {
    const lines = this.value.split("\n").length;
    const bad = new Set(this.problems.map(({ line }) => line));
    const numbers = Array.from({ length: lines }, (_, n) => h(bad.has(n + 1) ? "span.bad" : "span", {}, String(n + 1)));
    fill(this.gutter, ...numbers);
    this.scrolled();
  }

  // The message stands behind the end of its line.
  drawMarks() {
    const lines = this.value.split("\n");
    const first = new Map();
    for (const problem of this.problems) if (problem.line && !first.has(problem.line)) first.set(problem.line, problem);
    const found = [...first].map(([line, { message }]) => {
      const words = h("span", {}, visible(message));
      words.style.marginInlineStart = `${(lines[line - 1] || "").length + 2}ch`;
      const row = h("div", { data: { line: String(line) } }, words);
      row.style.setProperty("--line", line - 1);
      return row;
    });
    fill(this.marks, ...found);
    this.scrolled();
  }

  scrolled() {
    const { scrollTop, scrollLeft } = this.area;
    this.gutter.style.transform = `translateY(${-scrollTop}px)`;
    this.marks.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
  }

  // Enter keeps the indentation. Tab leaves the field, as everywhere: a keyboard must get out.
  pressed(event) {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    const { selectionStart, value } = this.area;
    const indent = /^ */.exec(value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart))[0];
    if (!indent) return;
    event.preventDefault();
    this.area.setRangeText(`\n${indent}`, selectionStart, this.area.selectionEnd, "end");
    this.edited();
  }
}
