// A list of any length: only the rows that can be seen are elements. One stop for Tab; arrows move inside of it.

import { fresh, h, mark } from "./dom.js";

const SPARE = 6; // rows that stand ready above and below what can be seen

/**
 * A listbox. `make()` gives the element of a row, `update(element, item)` writes an item into it, `key(item)` names
 * it. `choose(item, how)` is told what was chosen: by a click or Enter ("open"), or by moving there ("move").
 */
export class List {
  #items = [];
  #rows = new Map(); // key -> element
  #spacer;
  #height = 0;
  #scheduled = false;
  #top = null; // the key of the first row that can be seen, and how far it is cut

  constructor({ label, make, update, key, choose, name = "list" }) {
    this.make = make;
    this.update = update;
    this.key = key;
    this.choose = choose;
    this.current = "";
    this.following = false;
    this.prefix = fresh(name);
    this.#spacer = h("div.spacer", { role: "presentation" });
    this.element = h(`div.list.${name}`, { tabIndex: 0, role: "listbox", "aria-label": label }, this.#spacer);
    this.element.addEventListener("scroll", () => this.#scrolled());
    this.element.addEventListener("keydown", (event) => this.#pressed(event));
    this.element.addEventListener("click", (event) => this.#clicked(event));
    new ResizeObserver(() => this.#resized()).observe(this.element);
    this.onscroll = () => {};
  }

  get items() {
    return this.#items;
  }

  /** Show these. Whoever looks at the end stays there, everybody else keeps what they look at. */
  show(items) {
    const kept = this.#items !== items && !this.following ? this.#top : null;
    this.#items = items;
    this.#layout();
    if (kept) this.#keep(kept);
    if (this.following) this.toEnd();
    this.draw();
  }

  /** Which one is marked as chosen. */
  select(key, { reveal = false } = {}) {
    this.current = key;
    if (reveal) this.reveal(this.#indexOf(key));
    this.draw();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Scroll so far that this row can be seen. */
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

  /** Draw what can be seen, before the next frame. */
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

  #resized() {
    const kept = this.#top;
    const old = this.#height;
    this.#layout();
    if (this.following) this.toEnd();
    else if (kept && old !== this.#height) this.#keep(kept);
    if (this.current && this.element.contains(document.activeElement)) this.reveal(this.#indexOf(this.current));
    this.draw();
  }

  #keep({ key, cut }) {
    const index = this.#indexOf(key);
    if (index > 0) this.element.scrollTop = index * this.#height + cut;
  }

  #scrolled() {
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
    const first = Math.max(0, Math.floor(scrollTop / this.#height) - SPARE);
    const end = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / this.#height) + SPARE);
    const seen = new Set();
    let active = null;
    for (let index = first; index < end; index += 1) {
      const item = this.#items[index];
      const key = this.key(item);
      seen.add(key);
      const row = this.#rows.get(key) || this.#added(key);
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

  #added(key) {
    const row = this.make();
    row.id = fresh(this.prefix);
    row.role = "option";
    row.dataset.key = key;
    this.#rows.set(key, row);
    this.#spacer.append(row);
    return row;
  }

  #clicked(event) {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    const item = this.#items.find((one) => this.key(one) === row.dataset.key);
    if (item) this.choose(item, "open");
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.#items.length - 1;
    const now = this.#indexOf(this.current);
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 1);
    const moves = {
      ArrowDown: now + 1,
      ArrowUp: now < 0 ? last : now - 1,
      PageDown: now + page,
      PageUp: now - page,
      Home: 0,
      End: last,
    };
    if (event.key in moves && last >= 0) {
      const index = Math.min(last, Math.max(0, moves[event.key]));
      this.select(this.key(this.#items[index]), { reveal: true });
      this.choose(this.#items[index], "move");
    } else if ((event.key === "Enter" || event.key === " ") && now >= 0) {
      this.choose(this.#items[now], "open");
    } else {
      return;
    }
    event.preventDefault();
  }
}
