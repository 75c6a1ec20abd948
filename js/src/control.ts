/** A typed client of the control API. Its types are generated from the mock's own `/_mock/openapi.json`. */

import { GatewayError, messageOf } from "./errors.js";
import type { components, paths } from "./generated/control.js";

// Tests replace the global `fetch`, to intercept what their own code sends.
const { fetch } = globalThis;

export type Schemas = components["schemas"];
export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that a method can be called on. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: object }> ? P : never;
}[keyof paths];

type Operation<M extends Method, P extends PathOf<M>> = paths[P] extends Record<M, infer O> ? O : never;

/** What a call takes: the values of the path's placeholders, the query, the body. */
export type InputOf<O> = (O extends { parameters: { path: infer Path extends object } }
  ? { path: Path }
  : { path?: never }) &
  (O extends { requestBody: { content: { "application/json": infer Body } } } ? { body: Body } : { body?: never }) &
  (O extends { parameters: { query?: infer Query extends object } } ? { query?: Query } : { query?: never });

type ContentOf<R> = R extends { content: infer C }
  ? C extends { "application/json": infer Json }
    ? Json
    : string
  : undefined;

/** What a call returns: its JSON, a text, or nothing. */
export type OutputOf<O> = O extends { responses: infer R } ? ContentOf<R[keyof R]> : never;

interface Input {
  path?: object;
  query?: object;
  body?: unknown;
}

/** Calls of one server. An answer that is no success is a `GatewayError` with the server's words. */
export class ControlClient {
  readonly #origin: string;
  readonly #token: string;

  constructor(origin: string, token: string) {
    this.#origin = origin;
    this.#token = token;
  }

  /** Make a call and return its answer: `call("get", "/_mock/verdict", { query: { session } })`. */
  async call<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    ...[input]: object extends InputOf<Operation<M, P>> ? [InputOf<Operation<M, P>>?] : [InputOf<Operation<M, P>>]
  ): Promise<OutputOf<Operation<M, P>>> {
    const answer = await this.#send(method, path, input ?? {});
    // The document, which the mock's own tests hold, says what each call answers.
    return answer as OutputOf<Operation<M, P>>;
  }

  /** Return the feed of what happens, as it comes; `signal` ends it. Each piece says only that there is news. */
  async watch(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const { ok, status, body } = await fetch(new URL("/_mock/traffic", this.#origin), { headers, signal });
    if (!ok || body === null) throw new GatewayError(`get /_mock/traffic: ${status}`);
    return body;
  }

  async #send(method: Method, path: string, { path: names, query, body }: Input): Promise<unknown> {
    const url = new URL(filled(path, names), this.#origin);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    const content = body === undefined ? null : JSON.stringify(body);
    let response: Response;
    try {
      response = await fetch(url, { method: method.toUpperCase(), headers, body: content });
    } catch (error) {
      throw new GatewayError(`no mock answers at ${this.#origin}: ${reasonOf(error)}`);
    }
    const text = await response.text();
    if (!response.ok) throw new GatewayError(refusalIn(text) ?? `${method} ${path}: ${response.status} ${text}`);
    if (response.status === 204) return undefined;
    return response.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : text;
  }
}

function filled(path: string, names: object = {}): string {
  const values = new Map<string, unknown>(Object.entries(names));
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values.get(name))));
}

/** Return why a connection failed; `fetch` itself says only that it did. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause ? error.cause : error);
}

/** Return the words of a refusal, with the mistakes in a text that it lists. */
function refusalIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as Schemas["ErrorShape"];
    const problems = (error.problems ?? []).map(describeProblem);
    return problems.length > 0 ? problems.join("\n") : error.message;
  } catch {
    return undefined;
  }
}

/** Return a mistake with its place in the text. */
export function describeProblem({ line, column, path, message }: Schemas["ProblemShape"]): string {
  return path ? `${path}: ${message}` : `line ${line}, column ${column}: ${message}`;
}
