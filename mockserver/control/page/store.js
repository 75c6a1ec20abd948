// What the page knows, and who wants to be told when it changes. Changes of one frame are told together.

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

  /** Change some of it. Watchers run before the next frame, once, however many changes there were. */
  set(changes) {
    for (const [name, value] of Object.entries(changes)) {
      if (this.#state[name] === value && (value === null || typeof value !== "object")) continue;
      this.#state[name] = value;
      this.touch(name);
    }
  }

  /** Tell that something has changed inside of what is kept under this name. */
  touch(name) {
    if (this.#changed.size === 0) schedule(() => this.#tell());
    this.#changed.add(name);
  }

  /** Run now, and again whenever one of these names has changed. */
  watch(names, run) {
    this.#watchers.push({ names, run });
    run();
  }

  #tell() {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const { names, run } of this.#watchers) {
      if (names.some((name) => changed.has(name))) run();
    }
  }
}

// A page that is not looked at has no frames, but its list must not grow behind: then a timer tells.
function schedule(run) {
  if (document.hidden) setTimeout(run, 100);
  else requestAnimationFrame(run);
}
