// The rows of the traffic list: one for each exchange, live or ended, in the order they were seen; bounded.

export const MOST = 5_000; // rows kept; the oldest ended ones are dropped first
const DROPPED_AT_ONCE = 250; // rows dropped together, so that a full list does not move with every answer

/** All rows. `gone` counts the dropped rows. */
export class Rows {
  constructor() {
    this.clear();
  }

  clear() {
    this.all = [];
    this.gone = 0;
    this.last = 0; // the highest number seen
    this.first = Infinity; // the lowest
    this.byNumber = new Map();
    this.byLive = new Map();
  }

  get live() {
    return this.byLive.size;
  }

  /** Add the row of an answer that has begun. */
  began(live) {
    const known = this.byLive.get(live.id);
    if (known) Object.assign(known, live);
    else this.#add({ ...live, number: 0, key: `live-${live.id}` });
  }

  /** Update the rows of live answers. */
  progress(changes) {
    for (const { id, ...rest } of changes) {
      const row = this.byLive.get(id);
      if (row) Object.assign(row, rest);
    }
  }

  /** Turn the row of a live answer that has ended into that of its exchange, in place. */
  ended(id, exchange) {
    this.last = Math.max(this.last, exchange.number);
    const row = id ? this.byLive.get(id) : undefined;
    if (row) {
      this.byLive.delete(id);
      Object.assign(row, exchange, { held: false, searchText: undefined });
      this.byNumber.set(row.number, row);
    } else if (!this.byNumber.has(exchange.number)) {
      this.#add({ ...exchange, key: String(exchange.number) });
    }
  }

  /** Add earlier exchanges (oldest first) before all other rows. Return how many fitted. */
  earlier(exchanges) {
    const unknown = exchanges.filter((exchange) => !this.byNumber.has(exchange.number));
    const room = Math.max(0, MOST - this.all.length);
    const rows = unknown
      .slice(Math.max(0, unknown.length - room))
      .map((exchange) => ({ ...exchange, key: String(exchange.number) }));
    for (const row of rows) this.#remember(row);
    this.all = [...rows, ...this.all];
    return rows.length;
  }

  /** Remove the rows of live answers; the feed reports again those that are still live. */
  forgetLive() {
    this.all = this.all.filter((row) => row.number);
    this.byLive.clear();
  }

  /** Return the rows of a session ("" for all) that contain every word of a text. */
  filtered(session, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!session && !words.length) return this.all;
    return this.all.filter((row) => {
      if (session && row.session !== session) return false;
      return words.every((word) => searchText(row).includes(word));
    });
  }

  #add(row) {
    this.all.push(row);
    this.#remember(row);
    if (this.all.length >= MOST + DROPPED_AT_ONCE) this.#makeRoom();
  }

  #remember(row) {
    if (row.number) {
      this.byNumber.set(row.number, row);
      this.first = Math.min(this.first, row.number);
      this.last = Math.max(this.last, row.number);
    } else {
      this.byLive.set(row.id, row);
    }
  }

  #makeRoom() {
    let spare = this.all.length - MOST;
    this.gone += spare;
    this.all = this.all.filter((row) => {
      if (spare === 0 || !row.number) return true;
      spare -= 1;
      this.byNumber.delete(row.number);
      return false;
    });
  }
}

// The text that the filter searches; built once for each row.
function searchText(row) {
  if (row.searchText === undefined) {
    const parts = [row.number, row.method, row.path, row.operation, row.scenario, row.code, row.status, row.client];
    parts.push(row.session, row.ended, row.trouble, row.said, row.gave, ...(row.faults || []), ...(row.draws || []));
    row.searchText = parts.filter(Boolean).join(" ").toLowerCase();
  }
  return row.searchText;
}
