// The traffic: one row for each exchange, live or ended, in the order in which they were seen. Bounded.

export const MOST = 5_000; // rows that are kept; the oldest ended ones go first
const AT_ONCE = 250; // how many go together, so that a full list does not move with every answer

/** All rows. `version` changes with every change; `gone` counts the rows that had to make room. */
export class Rows {
  constructor() {
    this.clear();
  }

  clear() {
    this.all = [];
    this.version = (this.version || 0) + 1;
    this.gone = 0;
    this.last = 0; // the highest number that was seen
    this.first = Infinity; // the lowest
    this.byNumber = new Map();
    this.byLive = new Map();
  }

  get live() {
    return this.byLive.size;
  }

  /** An answer has begun. */
  began(live) {
    const known = this.byLive.get(live.id);
    if (known) Object.assign(known, live);
    else this.#add({ ...live, number: 0, key: `live-${live.id}` });
    this.version += 1;
  }

  /** Answers have gone on. */
  progress(changes) {
    for (const { id, ...rest } of changes) {
      const row = this.byLive.get(id);
      if (row) Object.assign(row, rest);
    }
    this.version += 1;
  }

  /** An answer has ended: its row becomes an exchange where it stands. */
  ended(id, exchange) {
    this.last = Math.max(this.last, exchange.number);
    const row = id ? this.byLive.get(id) : undefined;
    if (row) {
      this.byLive.delete(id);
      Object.assign(row, exchange, { held: false, hay: undefined });
      this.byNumber.set(row.number, row);
    } else if (!this.byNumber.has(exchange.number)) {
      this.#add({ ...exchange, key: String(exchange.number) });
    }
    this.version += 1;
  }

  /** Earlier exchanges, oldest first, before all others. */
  earlier(exchanges) {
    const fresh = exchanges.filter((one) => !this.byNumber.has(one.number));
    const room = Math.max(0, MOST - this.all.length);
    const rows = fresh.slice(Math.max(0, fresh.length - room)).map((one) => ({ ...one, key: String(one.number) }));
    for (const row of rows) this.#remember(row);
    this.all = [...rows, ...this.all];
    this.version += 1;
    return rows.length;
  }

  /** What was live is not known to be so any more. */
  forgetLive() {
    this.all = this.all.filter((row) => row.number);
    this.byLive.clear();
    this.version += 1;
  }

  /** The rows of a session (or all) that contain every word of a text. */
  filtered(session, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!session && !words.length) return this.all;
    return this.all.filter((row) => {
      if (session && row.session !== session) return false;
      return words.every((word) => hay(row).includes(word));
    });
  }

  #add(row) {
    this.all.push(row);
    this.#remember(row);
    if (this.all.length >= MOST + AT_ONCE) this.#makeRoom();
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

// Where a text is looked for; made once for each row.
function hay(row) {
  if (row.hay === undefined) {
    const parts = [row.number, row.method, row.path, row.operation, row.scenario, row.code, row.status, row.client];
    parts.push(row.session, row.ended, row.said, row.gave, ...(row.faults || []), ...(row.draws || []));
    row.hay = parts.filter(Boolean).join(" ").toLowerCase();
  }
  return row.hay;
}
