// The live stream of traffic, and what happens when it is lost: ask again until the mock answers, then go on.

import { BASE, ApiError, get, query } from "./api.js";

const AGAIN = 1_000; // milliseconds between two tries
const PAGE = 250; // exchanges that are read at once
const BREATH = 50; // milliseconds between two such pages: the mock has others to answer

/** Follows the traffic into `rows`, and says how the connection is as `store.connection`. */
export class Live {
  #store;
  #rows;
  #source = null;
  #steered;
  #timer = 0;
  #started = null;

  constructor(store, rows, steered) {
    this.#store = store;
    this.#rows = rows;
    this.#steered = steered;
  }

  /** Read what there is, then follow. */
  async start() {
    try {
      const about = await get("about");
      const restarted = await this.#restarted(about);
      if (restarted) this.#rows.clear();
      this.#store.set({ about, restarted: this.#store.get("restarted") || (restarted && this.#started !== null) });
      this.#started = about.started ?? "";
      await this.#steered("all");
      if (this.#rows.last === 0) await this.#readPage({ limit: PAGE });
      this.#follow();
      await this.#readEarlier();
    } catch (error) {
      this.#lost(error);
    }
  }

  // Another start, or fewer exchanges than were seen: its journal has begun anew.
  async #restarted(about) {
    if (this.#started === null) return true;
    if (about.started !== undefined) return about.started !== this.#started;
    return (await get("exchanges?limit=1")).entered < this.#rows.last;
  }

  // The last ones come first: they can be looked at while the rest is read. Gives whether there may be more.
  async #readPage(which) {
    const page = await get(`exchanges${query(which)}`);
    const added = this.#rows.earlier(page.exchanges);
    this.#rows.last = Math.max(this.#rows.last, page.entered);
    this.#store.touch("rows");
    return added === PAGE;
  }

  async #readEarlier() {
    const source = this.#source;
    let more = this.#rows.byNumber.size > 0 && this.#rows.first > 1 && this.#rows.gone === 0;
    while (more && source === this.#source) {
      await new Promise((done) => setTimeout(done, BREATH));
      more = await this.#readPage({ limit: PAGE, before: this.#rows.first });
    }
  }

  #follow() {
    this.#rows.forgetLive(); // those that still are will be told of
    const source = new EventSource(`${BASE}traffic${query({ after: this.#rows.last })}`);
    this.#source = source;
    const hear = (name, take) =>
      source.addEventListener(name, (event) => {
        take(JSON.parse(event.data));
        this.#store.touch("rows");
      });
    source.addEventListener("open", () => this.#store.set({ connection: "live", trouble: "" }));
    source.addEventListener("error", () => this.#lost(null));
    hear("began", (live) => this.#rows.began(live));
    hear("progress", (changes) => this.#rows.progress(changes));
    hear("ended", ({ id, exchange }) => {
      this.#rows.ended(id, exchange);
      this.#store.set({ last: this.#rows.last });
    });
    hear("forgot", ({ before }) => this.#store.set({ forgot: before }));
    source.addEventListener("steered", (event) => this.#steered(JSON.parse(event.data).what));
  }

  #lost(error) {
    this.#source?.close();
    this.#source = null;
    const refused = error instanceof ApiError && [401, 403].includes(error.status);
    const trouble = error instanceof ApiError && !refused ? error.message : "";
    this.#store.set({ connection: refused ? "refused" : "lost", trouble });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), refused ? 5 * AGAIN : AGAIN);
  }
}
