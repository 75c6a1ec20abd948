// The feed of live traffic. When the connection is lost it retries until the mock responds, then continues.

import { ApiError, BASE, get, query } from "./api.js";

const RETRY_DELAY = 1_000; // milliseconds between two attempts
const PAGE_SIZE = 250; // exchanges per request
const PAGE_DELAY = 50; // milliseconds between two pages, so that other clients of the mock are not slowed down

/** Reads the traffic into `rows` and keeps the connection's state in the store as `connection`. */
export class Feed {
  #store;
  #rows;
  #source = null;
  #refresh;
  #timer = 0;
  #started = null;

  constructor(store, rows, refresh) {
    this.#store = store;
    this.#rows = rows;
    this.#refresh = refresh;
  }

  /** Read the existing exchanges, then follow the feed. */
  async start() {
    try {
      const about = await get("about");
      const restarted = await this.#restarted(about);
      if (restarted) this.#rows.clear();
      this.#store.set({ about, restarted: this.#store.get("restarted") || (restarted && this.#started !== null) });
      this.#started = about.started ?? "";
      await this.#refresh("all");
      if (this.#rows.last === 0) await this.#readPage({ limit: PAGE_SIZE });
      this.#follow();
      await this.#readEarlier();
    } catch (error) {
      this.#lost(error);
    }
  }

  // The journal is a new one if the start id differs or it holds fewer exchanges than were seen.
  async #restarted(about) {
    if (this.#started === null) return true;
    if (about.started !== undefined) return about.started !== this.#started;
    return (await get("exchanges?limit=1")).entered < this.#rows.last;
  }

  // The newest page comes first, so that it can be read while the rest loads. Returns whether there may be more.
  async #readPage(parameters) {
    const page = await get(`exchanges${query(parameters)}`);
    const added = this.#rows.earlier(page.exchanges);
    this.#rows.last = Math.max(this.#rows.last, page.entered);
    this.#store.touch("rows");
    return added === PAGE_SIZE;
  }

  async #readEarlier() {
    const source = this.#source;
    let more = this.#rows.byNumber.size > 0 && this.#rows.first > 1 && this.#rows.gone === 0;
    while (more && source === this.#source) {
      await new Promise((done) => setTimeout(done, PAGE_DELAY));
      more = await this.#readPage({ limit: PAGE_SIZE, before: this.#rows.first });
    }
  }

  #follow() {
    this.#rows.forgetLive(); // the feed reports again those that are still live
    const source = new EventSource(`${BASE}traffic${query({ after: this.#rows.last })}`);
    this.#source = source;
    const on = (name, handle) =>
      source.addEventListener(name, (event) => {
        handle(JSON.parse(event.data));
        this.#store.touch("rows");
      });
    source.addEventListener("open", () => this.#store.set({ connection: "live", trouble: "" }));
    source.addEventListener("error", () => this.#lost(null));
    on("began", (live) => this.#rows.began(live));
    on("progress", (changes) => this.#rows.progress(changes));
    on("ended", ({ id, exchange }) => {
      this.#rows.ended(id, exchange);
      this.#store.set({ last: this.#rows.last });
    });
    on("forgot", ({ before }) => this.#store.set({ forgot: before }));
    source.addEventListener("steered", (event) => this.#refresh(JSON.parse(event.data).what));
  }

  #lost(error) {
    this.#source?.close();
    this.#source = null;
    const refused = error instanceof ApiError && [401, 403].includes(error.status);
    const trouble = error instanceof ApiError && !refused ? error.message : "";
    this.#store.set({ connection: refused ? "refused" : "lost", trouble });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), refused ? 5 * RETRY_DELAY : RETRY_DELAY);
  }
}
