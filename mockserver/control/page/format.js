// Formatting for people: times, sizes, names, and texts whose invisible or misleading characters are made visible.

const WHOLE = new Intl.NumberFormat("en");

/** Format seconds: 0.34 -> "340 ms", 1.234 -> "1.23 s", 125 -> "2 m 5 s". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 0.0005) return "0 ms";
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${trimZeros(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
}

function trimZeros(digits) {
  return digits.includes(".") ? digits.replace(/0+$/, "").replace(/\.$/, "") : digits;
}

/** Format a number of bytes: 812 -> "812 B", 65536 -> "64 KiB". */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${trimZeros((bytes / 1024).toFixed(1))} KiB`;
  return `${trimZeros((bytes / 1024 / 1024).toFixed(1))} MiB`;
}

/** Format a number: 1250000 -> "1,250,000". */
export function grouped(number) {
  return WHOLE.format(number);
}

/** Format a count with its noun: "1 event", "2,000 events". */
export function plural(number, noun) {
  return `${WHOLE.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** Format seconds since the epoch as the time of day. */
export function clock(seconds) {
  return CLOCK.format(seconds * 1000);
}

/** Format seconds since the epoch as date and time. */
export function moment(seconds) {
  return DAY.format(seconds * 1000);
}

/** Replace underscores by spaces: "client_left" -> "client left". */
export function spaced(word) {
  return word.replaceAll("_", " ");
}

/** Return an exchange's operation, or its method and path if no operation matches. */
export function operation(row) {
  return row.operation && row.operation !== "no operation" ? row.operation : `${row.method} ${row.path}`;
}

/** Return what produced the answer: scenario and turn, else the error's code, else "default answer". */
export function source(row) {
  if (row.turn) return `${row.scenario || "?"} · ${row.turn}`;
  return row.code || row.scenario || "default answer";
}

// Control characters, marks that change the direction of text, invisible characters and lone surrogates.
const MISLEADING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression searches for control characters
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Replace misleading characters by their code, so that they cannot hide or reorder text: U+202E -> "⟨202E⟩". */
export function visible(text) {
  return text.replace(MISLEADING, (letter) => `⟨${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** Return the beginning of a text on one line. */
export function brief(text, most = 200) {
  const start = text.length > most ? `${text.slice(0, most)}…` : text;
  return visible(start.replace(/\s+/g, " "));
}

/** Indent JSON; return the text unchanged if it is not JSON or too long to parse for display. */
export function pretty(text, most = 300_000) {
  if (text.length > most) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Format a value on one line as in a scenario file: {at: 3, for: 5s}. */
export function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}: ${flow(item)}`)
      .join(", ")}}`;
  }
  return String(value);
}

/** Classify an exchange: "bad" for an error, "odd" if something went wrong whatever its status says, else "good". */
export function tone(row) {
  if (row.status >= 400) return "bad";
  return row.trouble || (row.number && !row.status) ? "odd" : "good";
}
