// Figures and texts in words: times, sizes, and characters that would otherwise lie about the text they stand in.

const WHOLE = new Intl.NumberFormat("en");

/** 0.34 -> "340 ms", 1.234 -> "1.23 s", 125 -> "2 m 5 s". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 0.0005) return "0 ms";
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${trim(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
}

function trim(figure) {
  return figure.includes(".") ? figure.replace(/0+$/, "").replace(/\.$/, "") : figure;
}

/** 812 -> "812 B", 65536 -> "64 KiB". */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${trim((bytes / 1024).toFixed(1))} KiB`;
  return `${trim((bytes / 1024 / 1024).toFixed(1))} MiB`;
}

/** 1250000 -> "1,250,000". */
export function figure(number) {
  return WHOLE.format(number);
}

/** A count with its noun: "1 event", "2,000 events". */
export function count(number, noun) {
  return `${WHOLE.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** Seconds since the epoch as the time of day. */
export function clock(seconds) {
  return CLOCK.format(seconds * 1000);
}

/** Seconds since the epoch as day and time. */
export function moment(seconds) {
  return DAY.format(seconds * 1000);
}

/** "client_left" -> "client left". */
export function spaced(word) {
  return word.replaceAll("_", " ");
}

/** An operation's name is a name: it is shown as it is; a path stands in where there is none. */
export function operation(row) {
  return row.operation && row.operation !== "no operation" ? row.operation : `${row.method} ${row.path}`;
}

/** Who decided the answer: scenario and turn, else the word of the error, else the mock by itself. */
export function source(row) {
  if (row.turn) return `${row.scenario || "?"} · ${row.turn}`;
  return row.code || row.scenario || "by itself";
}

// Controls, marks that turn the direction of text round, invisible ones, and halves of characters.
const ODD =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text with such characters named: what is shown cannot hide, reorder or end anything. */
export function visible(text) {
  return text.replace(ODD, (one) => `⟨${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** The beginning of a text, on one line. */
export function brief(text, most = 200) {
  const start = text.length > most ? `${text.slice(0, most)}…` : text;
  return visible(start.replace(/\s+/g, " "));
}

/** JSON as people read it; the text itself if it is none or too long to be parsed for show. */
export function pretty(text, most = 300_000) {
  if (text.length > most) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A value on one line in the way of a scenario file: {at: 3, for: 5s}. */
export function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value).map(([key, one]) => `${key}: ${flow(one)}`).join(", ")}}`;
  }
  return String(value);
}
