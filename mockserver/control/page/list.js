// A virtual list: only the visible rows are elements. It is a single tab stop; the arrow keys move inside it.

import { h, mark, uniqueId } from "./dom.js";

const OVERSCAN = 6; // extra rows rendered above and below the visible ones

/**
 * A listbox. `make()` creates a row's element, `update(element, item)` writes an item into it and `key(item)`
 * identifies it. `choose(item, how)` is called on a click or Enter (how: "open") and on a move by keyboard ("move").
 */
export class List {
  #items = [];
  #rows = new Map(); // key -> element
  #spacer;
  #height = 0;
  #scheduled = false;
  #top = null; // the key of the first visible row, and how many pixels of it are scrolled away

  constructor({ label, make, update, key, choose, name = "list" }) {
    this.make = make;
    this.update = update;
    this.key = key;
    this.choose = choose;
    this.current = "";
    this.following = false;
    this.prefix = uniqueId(name);
    this.#spacer = h("div.spacer", { role: "presentation" });
    this.element = h(`div.list.${name}`, { tabIndex: 0, role: "listbox", "aria-label": label }, this.#spacer);
    this.element.addEventListener("scroll", () => this.#onScroll());
    this.element.addEventListener("keydown", (event) => this.#onKeyDown(event));
    this.element.addEventListener("click", (event) => this.#onClick(event));
    new ResizeObserver(() => this.#onResize()).observe(this.element);
    this.onscroll = () => {};
  }

  get items() {
    return this.#items;
  }

  /** Show these items. A list that follows stays at its end; any other keeps its first visible row in place. */
  show(items) {
    const top = this.#items !== items && !this.following ? this.#top : null;
    this.#items = items;
    this.#layout();
    if (top) this.#scrollTo(top);
    if (this.following) this.toEnd();
    this.draw();
  }

  /** Mark the item with this key as selected. */
  select(key, { reveal = false } = {}) {
    this.current = key;
    if (reveal) this.reveal(this.#indexOf(key));
    this.draw();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Scroll just far enough to make this row visible. */
  reveal(index) {
    if (index < 0 || !this.#height) return;
    const top = index * this.#height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#height > scrollTop + clientHeight) this.element.scrollTop = top + this.#height - clientHeight;
  }

  get atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < 4;
  }

  /** Draw the visible rows before the next frame. */
  draw() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #indexOf(key) {
    return this.#items.findIndex((item) => this.key(item) === key);
  }

  #layout() {
    this.#height = parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 28;
    this.#spacer.style.height = `${this.#items.length * this.#height}px`;
  }

  #onResize() {
    const top = this.#top;
    const old = this.#height;
    this.#layout();
    if (this.following) this.toEnd();
    else if (top && old !== this.#height) this.#scrollTo(top);
    if (this.current && this.element.contains(document.activeElement)) this.reveal(this.#indexOf(this.current));
    this.draw();
  }

  #scrollTo({ key, cut }) {
    const index = this.#indexOf(key);
    if (index > 0) this.element.scrollTop = index * this.#height + cut;
  }

  #onScroll() {
    this.#remember();
    this.onscroll();
    this.draw();
  }

  #remember() {
    const first = Math.floor(this.element.scrollTop / this.#height);
    const item = this.#items[first];
    this.#top = item ? { key: this.key(item), cut: this.element.scrollTop - first * this.#height } : null;
  }

  #draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.#height) - OVERSCAN);
    const end = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / this.#height) + OVERSCAN);
    const seen = new Set();
    let active = null;
    for (let index = first; index < end; index += 1) {
      const item = this.#items[index];
      const key = this.key(item);
      seen.add(key);
      const row = this.#rows.get(key) || this.#addRow(key);
      row.style.transform = `translateY(${index * this.#height}px)`;
      row.ariaPosInSet = index + 1;
      row.ariaSetSize = this.#items.length;
      row.ariaSelected = String(key === this.current);
      mark(row, "current", key === this.current);
      if (key === this.current) active = row.id;
      this.update(row, item);
    }
    for (const [key, row] of this.#rows) {
      if (seen.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    if (active) this.element.setAttribute("aria-activedescendant", active);
    else this.element.removeAttribute("aria-activedescendant");
    if (!this.#top) this.#remember();
  }

  #addRow(key) {
    const row = this.make();
    row.id = uniqueId(this.prefix);
    row.role = "option";
    row.dataset.key = key;
    this.#rows.set(key, row);
    this.#spacer.append(row);
    return row;
  }

  #onClick(event) {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    const item = this.#items.find((candidate) => this.key(candidate) === row.dataset.key);
    if (item) this.choose(item, "open");
  }

  #onKeyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.#items.length - 1;
    const current = this.#indexOf(this.current);
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 1);
    const moves = {
      ArrowDown: current + 1,
      ArrowUp: current < 0 ? last : current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: last,
    };
    if (event.key in moves && last >= 0) {
      const index = Math.min(last, Math.max(0, moves[event.key]));
      this.select(this.key(this.#items[index]), { reveal: true });
      this.choose(this.#items[index], "move");
    } else if ((event.key === "Enter" || event.key === " ") && current >= 0) {
      this.choose(this.#items[current], "open");
    } else {
      return;
    }
    event.preventDefault();
  }
}
