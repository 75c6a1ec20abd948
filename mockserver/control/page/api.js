// A client for the control API. Requests are same-origin, so the browser sends the session cookie.

export const BASE = "/_mock/";

/** An error response of the API; `problems` lists mistakes with their lines, if it reported any. */
export class ApiError extends Error {
  constructor(status, error) {
    super(error.message || `The mock returned ${status}`);
    this.status = status;
    this.code = error.code || "";
    this.problems = error.problems || [];
  }
}

/** The mock could not be reached. */
export class UnreachableError extends Error {
  constructor() {
    super("Cannot reach the mock. Is it running?");
  }
}

async function call(method, path, body) {
  const init = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  let response;
  try {
    response = await fetch(BASE + path, init);
  } catch {
    throw new UnreachableError();
  }
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, parseJson(text)?.error || {});
  return parseJson(text);
}

function parseJson(text) {
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

/** Encode a name as one path segment. */
export const segment = encodeURIComponent;

/** Return a query string without empty values: {session: "", limit: 3} -> "?limit=3". */
export function query(parameters) {
  const present = Object.entries(parameters).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  return present.length ? `?${new URLSearchParams(present)}` : "";
}
