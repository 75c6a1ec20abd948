// A YAML editor: a text area with line numbers that shows each problem beside its line.

import { fill, h, mark, text } from "./dom.js";
import { plural, visible } from "./format.js";

const LINT_DELAY = 300; // milliseconds without a keystroke before the text is checked

/** `lint(text)` resolves to {problems}; `changed(text, problems)` is called after each check. */
export class Editor {
  #timer = 0;
  #lintCount = 0;

  constructor({ label, lint, changed }) {
    this.lint = lint;
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
      oninput: () => this.onInput(),
      onscroll: () => this.onScroll(),
      onkeydown: (event) => this.onKeyDown(event),
    });
    this.summary = h("p.summary", { role: "status" });
    this.list = h("ul.problems");
    this.list.id = "editor-problems";
    this.area.setAttribute("aria-describedby", this.list.id);
    this.element = h(
      "div.editor",
      {},
      h("div.sheet", {}, this.gutter, h("div.page", {}, this.marks, this.area)),
      this.summary,
      this.list,
    );
  }

  get value() {
    return this.area.value;
  }

  set value(value) {
    if (this.area.value !== value) this.area.value = value;
    this.show([]);
    this.check();
  }

  /** Set the initial text without checking it. */
  setInitial(value) {
    this.area.value = value;
    this.drawGutter();
  }

  onInput() {
    this.drawGutter();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.check(), LINT_DELAY);
  }

  /** Check the current text; drop a result that a later check has overtaken. */
  async check() {
    clearTimeout(this.#timer);
    this.#lintCount += 1;
    const count = this.#lintCount;
    const value = this.area.value;
    try {
      const { problems } = value.trim() ? await this.lint(value) : { problems: [] };
      if (count !== this.#lintCount) return;
      this.show(problems);
      this.changed(value, problems);
    } catch (error) {
      if (count === this.#lintCount) text(this.summary, error.message);
    }
  }

  /** Show these problems in the list, the gutter and beside their lines. */
  show(problems) {
    this.problems = problems;
    mark(this.element, "is-bad", problems.length);
    this.area.setAttribute("aria-invalid", String(problems.length > 0));
    text(
      this.summary,
      problems.length ? plural(problems.length, "problem") : this.value.trim() ? "No problems found." : "",
    );
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
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
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
    this.onScroll();
  }

  // Place each message after the end of its line.
  drawMarks() {
    const lines = this.value.split("\n");
    const first = new Map();
    for (const problem of this.problems) if (problem.line && !first.has(problem.line)) first.set(problem.line, problem);
    const rows = [...first].map(([line, { message }]) => {
      const label = h("span", {}, visible(message));
      label.style.marginInlineStart = `${(lines[line - 1] || "").length + 2}ch`;
      const row = h("div", { data: { line: String(line) } }, label);
      row.style.setProperty("--line", line - 1);
      return row;
    });
    fill(this.marks, ...rows);
    this.onScroll();
  }

  onScroll() {
    const { scrollTop, scrollLeft } = this.area;
    this.gutter.style.transform = `translateY(${-scrollTop}px)`;
    this.marks.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
  }

  // Enter keeps the indentation. Tab leaves the field, so that keyboard users are not trapped in it.
  onKeyDown(event) {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    const { selectionStart, value } = this.area;
    const indent = /^ */.exec(value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart))[0];
    if (!indent) return;
    event.preventDefault();
    this.area.setRangeText(`\n${indent}`, selectionStart, this.area.selectionEnd, "end");
    this.onInput();
  }
}
