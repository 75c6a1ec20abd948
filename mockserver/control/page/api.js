// The control API. It is same-origin: the cookie goes along by itself.

export const BASE = "/_mock/";

/** What the API refused: its words, and the problems with their lines where it told any. */
export class ApiError extends Error {
  constructor(status, told) {
    super(told.message || `The mock answered ${status}`);
    this.status = status;
    this.code = told.code || "";
    this.problems = told.problems || [];
  }
}

/** The mock cannot be reached at all. */
export class AwayError extends Error {
  constructor() {
    super("The mock does not answer. Is it running?");
  }
}

async function call(method, path, body) {
  const init = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  let answer;
  try {
    answer = await fetch(BASE + path, init);
  } catch {
    throw new AwayError();
  }
  const text = await answer.text();
  if (!answer.ok) throw new ApiError(answer.status, parsed(text)?.error || {});
  return parsed(text);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const put = (path, body) => call("PUT", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);

/** A name as one segment of a path. */
export const segment = encodeURIComponent;

/** The query of what is said: {session: "", limit: 3} -> "?limit=3". */
export function query(said) {
  const given = Object.entries(said).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
