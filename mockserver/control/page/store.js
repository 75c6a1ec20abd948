// The page's state, with watchers. Changes within one frame notify each watcher once.

/** A small observable record. */
export class Store {
  #state;
  #watchers = [];
  #changed = new Set();

  constructor(state) {
    this.#state = state;
  }

  get(name) {
    return this.#state[name];
  }

  /** Change some fields. Watchers run once before the next frame, however many changes there were. */
  set(changes) {
    for (const [name, value] of Object.entries(changes)) {
      if (this.#state[name] === value && (value === null || typeof value !== "object")) continue;
      this.#state[name] = value;
      this.touch(name);
    }
  }

  /** Notify watchers of a change inside a field's value. */
  touch(name) {
    if (this.#changed.size === 0) schedule(() => this.#notify());
    this.#changed.add(name);
  }

  /** Call `run` now, and again whenever one of these fields changes. */
  watch(names, run) {
    this.#watchers.push({ names, run });
    run();
  }

  #notify() {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const { names, run } of this.#watchers) {
      if (names.some((name) => changed.has(name))) run();
    }
  }
}

// A hidden page gets no animation frames; a timer keeps its list up to date.
function schedule(run) {
  if (document.hidden) setTimeout(run, 100);
  else requestAnimationFrame(run);
}
