/**
 * The gateway as a test sees it: one session, what it plays, what the client sent, and whether that was right.
 *
 * The session belongs to `key`, so tests run in parallel on one server. The key derives from the test's name, so that a
 * test gets the same answers in every run.
 */

/// <reference lib="esnext.disposable" preserve="true" />

import { readFile } from "node:fs/promises";
import type { ControlClient, Schemas } from "./control.js";
import { describeProblem } from "./control.js";
import { ClientError, GatewayError } from "./errors.js";
import { PATIENCE, waitForHeld } from "./held.js";
import type { Account, ChaosProfile, ErrorWords, ReplyBlock, Scenario, Turn, TurnWords, When } from "./scenario.js";
import { TurnChain } from "./scenario.js";
import { type Server, type ServerOptions, sharedServer } from "./server.js";

export interface GatewayOptions extends ServerOptions {
  /** A shipped scenario, a path that ends in .yaml, YAML text, or an object. Without one requests get default answers. */
  scenario?: string | Scenario | undefined;
  /** The seed of all random choices. */
  seed?: string | number | undefined;
  /** The account of the session, such as `{ credits: 3 }`. */
  account?: Account | undefined;
  /** A chaos profile: a shipped name, a path, YAML text, or an object. */
  chaos?: string | Partial<ChaosProfile> | undefined;
  /** On the virtual clock, the default, the mock's waits take no time. */
  clock?: "virtual" | "real" | undefined;
  /** Fail a test that ends before every turn was played. */
  strict?: boolean | undefined;
  /** The text from which the key derives; the name of the test, where a runner says it. */
  label?: string | undefined;
}

/** The expected number of requests, the time to wait for them, and their conditions. */
export type Expected = When & { times?: number; within?: string | number };

type Session = Schemas["NewSessionShape"];

const LOOPBACK = "127.0.0.1,localhost";

/** Start the mock, or join it, and return a gateway with a session of its own. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const server = await sharedServer(options);
  const { seed, account, clock = "virtual", label = "" } = options;
  const body = {
    label,
    scenario: "none",
    clock: { virtual: clock === "virtual", speed: 1 },
    ...(seed !== undefined && { seed: String(seed) }),
    ...(account && { account }),
  };
  const session = await server.control.call("post", "/_mock/sessions", { body });
  const gateway = new Gateway(server, session, options.strict ?? false);
  try {
    if (options.scenario !== undefined) await gateway.scenario(options.scenario);
    if (options.chaos !== undefined) await gateway.chaos(options.chaos);
  } catch (error) {
    await gateway.close();
    throw error;
  }
  return gateway;
}

export class Gateway {
  /** The address: the base URL of the Anthropic SDK. */
  readonly url: string;
  /** The base URL of the OpenAI SDK. */
  readonly openaiUrl: string;
  /** The API key of the session: the client must send it. */
  readonly key: string;
  /** The name of the session in the control API. */
  readonly session: string;
  /** The link to the mock's page. */
  readonly page: string;
  /** The control API, for what this class does not offer. */
  readonly control: ControlClient;
  /** The session's clock. Unless it is real, it moves only by `advance` and by the mock's own waits. */
  readonly clock = { advance: (by: string | number) => this.#advance(by) };
  /** The balance of the session's account; each call returns the credits left. */
  readonly account = {
    credits: () => this.#credits(),
    topUp: (credits: number | string) => this.#move({ top_up: credits }),
    drain: (left: number | string = 0) => this.#move({ drain: left }),
  };

  readonly #after: number;
  readonly #strict: boolean;
  readonly #slot: string;
  readonly #chains = new Set<TurnChain>();
  #scenario: Scenario;
  #isSaved = false;
  #hasProfile = false;
  #mayMissTurns = false;

  constructor(server: Server, session: Session, strict: boolean) {
    this.url = server.url;
    this.openaiUrl = `${server.url}/api/v1`;
    this.page = server.page;
    this.control = server.control;
    this.key = session.key ?? "";
    this.session = session.id;
    this.#after = session.entered;
    this.#strict = strict;
    this.#slot = `test-${session.id}`;
    this.#scenario = { scenario: this.#slot, turns: [] };
  }

  /** The options of an OpenAI client: `new OpenAI(gateway.openai)`. */
  get openai(): { baseURL: string; apiKey: string } {
    return { baseURL: this.openaiUrl, apiKey: this.key };
  }

  /** The options of an Anthropic client: `new Anthropic(gateway.anthropic)`. */
  get anthropic(): { baseURL: string; apiKey: string } {
    return { baseURL: this.url, apiKey: this.key };
  }

  /** The environment variables that SDKs read, for a process of its own. */
  get env(): Record<string, string> {
    return {
      ANTHROPIC_BASE_URL: this.url,
      ANTHROPIC_API_KEY: this.key,
      OPENAI_BASE_URL: this.openaiUrl,
      OPENAI_API_KEY: this.key,
      NO_PROXY: LOOPBACK,
    };
  }

  // --- what it plays ---

  /** Append a turn with the keys of a scenario file. `await` the call, or the last of a chain of them. */
  turn(turn: Turn): TurnChain {
    return this.#chain().turn(turn);
  }

  /** Append a reply: a text, a block or a list of blocks. */
  reply(reply: ReplyBlock | ReplyBlock[], words?: TurnWords): TurnChain {
    return this.#chain().reply(reply, words);
  }

  /** Append a reply that begins with thinking. */
  thinking(thinking: string, ...blocks: ReplyBlock[]): TurnChain {
    return this.#chain().thinking(thinking, ...blocks);
  }

  /** Append a reply that is this value as JSON: the answer to a client that asks for structured output. */
  json(value: unknown, words?: TurnWords): TurnChain {
    return this.#chain().json(value, words);
  }

  /** Append a reply in which the model refuses with this text. */
  refuse(text: string, words?: TurnWords): TurnChain {
    return this.#chain().refuse(text, words);
  }

  /** Append a reply that calls a tool: `toolUse("read_file", { path: "/x" })`. */
  toolUse(name: string, input?: Record<string, unknown>, words?: TurnWords): TurnChain {
    return this.#chain().toolUse(name, input, words);
  }

  /** Append an error: `error(402)`, `error(429, { retryAfter: 2, times: 3 })`. */
  error(status: number, words?: ErrorWords): TurnChain {
    return this.#chain().error(status, words);
  }

  /** Add a fault to the last turn: `fault("reset", { at: 5 })`, `fault("reset", 5)` or `fault("crlf")`. */
  fault(name: string, parameters?: unknown): TurnChain {
    return this.#chain().fault(name, parameters);
  }

  /** Play a shipped scenario, a path that ends in .yaml, YAML text, or an object, from its beginning. */
  async scenario(source: string | Scenario): Promise<void> {
    const scenario = typeof source === "string" ? await this.#readScenario(source) : source;
    await this.#save({ ...scenario, scenario: this.#slot }, false);
  }

  /** Apply a chaos profile to every answer: a shipped name, a path, YAML text, or `{ rules: […] }`; null ends it. */
  async chaos(source: string | Partial<ChaosProfile> | null): Promise<void> {
    const profile = typeof source === "string" && isText(source) ? await this.#parse(await textOf(source)) : source;
    if (profile === null || typeof profile === "string") {
      await this.#change({ chaos: profile });
      return;
    }
    const yaml = JSON.stringify({ ...profile, chaos: this.#slot });
    await this.control.call("put", "/_mock/chaos/{name}", { path: { name: this.#slot }, body: { yaml } });
    this.#hasProfile = true;
    await this.#change({ chaos: this.#slot });
  }

  #chain(): TurnChain {
    const chain = new TurnChain(async (edits) => {
      const turns = edits.reduce<readonly Turn[]>((before, edit) => edit(before), this.#scenario.turns);
      await this.#save({ ...this.#scenario, turns: [...turns] }, true);
    });
    this.#chains.add(chain);
    return chain;
  }

  async #save(scenario: Scenario, keepProgress: boolean): Promise<void> {
    const body = { yaml: JSON.stringify(scenario), keep_progress: keepProgress };
    await this.control.call("put", "/_mock/scenarios/{name}", { path: { name: this.#slot }, body });
    this.#scenario = scenario;
    if (!this.#isSaved) await this.#change({ scenario: this.#slot });
    this.#isSaved = true;
  }

  async #readScenario(source: string): Promise<Scenario> {
    if (isText(source)) return this.#parse<Scenario>(await textOf(source), true);
    const shipped = await this.control.call("get", "/_mock/scenarios/{name}", { path: { name: source } });
    return this.#parse<Scenario>(shipped.yaml, true);
  }

  /** Return YAML as JSON; the mock reads it. Throws with every mistake, if it is `checked` as a scenario. */
  async #parse<T extends object>(yaml: string, checked = false): Promise<T> {
    const { document, problems } = await this.control.call("post", "/_mock/lint", { body: { yaml } });
    if (document === null || (checked && problems.length > 0)) {
      throw new GatewayError(problems.map((one) => `line ${one.line}: ${describeProblem(one)}`).join("\n"));
    }
    return document as T;
  }

  async #change(body: Schemas["SessionOverrides"]): Promise<void> {
    await this.control.call("patch", "/_mock/sessions/{id}", { path: { id: this.session }, body });
  }

  async #advance(advance: string | number): Promise<void> {
    await this.control.call("post", "/_mock/sessions/{id}/clock", { path: { id: this.session }, body: { advance } });
  }

  async #credits(): Promise<number> {
    const { account } = await this.control.call("get", "/_mock/sessions/{id}", { path: { id: this.session } });
    if (!account) throw new GatewayError("this session has no account; start it with { account: { credits: 3 } }");
    return Number(account.remaining);
  }

  async #move(body: Schemas["BalanceChange"]): Promise<number> {
    await this.control.call("post", "/_mock/sessions/{id}/account", { path: { id: this.session }, body });
    return this.#credits();
  }

  // --- what the client did ---

  /** Return the exchanges so far, oldest first, each with its request and answer; only those that match, if asked. */
  async journal(when: When = {}): Promise<Schemas["ExchangeShape"][]> {
    const body = { session: this.session, when, limit: 5_000 };
    const { exchanges } = await this.control.call("post", "/_mock/exchanges/find", { body });
    const numbers = exchanges.map(({ number }) => number ?? 0).filter((number) => number > this.#after);
    return Promise.all(
      numbers.map((number) => this.control.call("get", "/_mock/exchanges/{number}", { path: { number } })),
    );
  }

  /** Fail unless `times` requests match the conditions of a `when`, or at least one if no number is given. */
  async assertCalled({ times, within, ...when }: Expected = {}): Promise<void> {
    await this.#verify({ when, ...(times !== undefined && { times }), ...(within !== undefined && { within }) });
  }

  /** Fail if any request matches. */
  async assertNever(when: When = {}): Promise<void> {
    await this.#verify({ when, times: 0 });
  }

  /** Fail unless requests match these steps in this order; others may come between. */
  async assertOrder(...steps: When[]): Promise<void> {
    await this.#verify({ order: steps });
  }

  async #verify(expected: Omit<Schemas["Verification"], "after">): Promise<void> {
    const body = { ...expected, session: this.session, after: this.#after };
    const { ok, message } = await this.control.call("post", "/_mock/verify", { body });
    if (ok) return;
    const { hint } = await this.#checked();
    throw new ClientError([message, hint].filter(Boolean).join("\n"));
  }

  /** Return what the client did wrong, with evidence: `findings` is empty if no problem was found. */
  async verdict(limits: { concurrency?: number; readTimeout?: number } = {}): Promise<Schemas["VerdictShape"]> {
    const { concurrency = null, readTimeout = null } = limits;
    const query = { session: this.session, after: this.#after, concurrency, read_timeout: readTimeout };
    return this.control.call("get", "/_mock/verdict", { query });
  }

  /** Return the requests and answers as YAML, the same in every run. */
  async snapshot(): Promise<string> {
    return this.control.call("get", "/_mock/sessions/{id}/snapshot", { path: { id: this.session } });
  }

  // --- in the middle of a stream ---

  /** Wait until the fault `hold` has stopped an answer; return how many events were sent before. */
  async held(seconds = PATIENCE): Promise<number> {
    return (await waitForHeld(this.control, this.session, seconds)).events;
  }

  /** Let a held answer continue, or only this number of its events. */
  async release(events?: number): Promise<void> {
    const path = { id: (await waitForHeld(this.control, this.session, PATIENCE)).id };
    if (events === undefined) await this.control.call("post", "/_mock/live/{id}/run", { path });
    else await this.control.call("post", "/_mock/live/{id}/step", { path, body: { events } });
  }

  // --- the end of the test ---

  /** Allow requests that match nothing, which otherwise fail the test. */
  allowUnmatched(): this {
    this.#mayMissTurns = true;
    return this;
  }

  /** Throw if a request matched nothing, a turn marked `must` was not played, or the mock had an internal error. */
  async check(): Promise<void> {
    const check = await this.#checked();
    const problems = this.#problems(check);
    if (problems.length > 0) throw new ClientError(this.#report(check, problems));
  }

  /** Return what explains a failure: problems, the client's mistakes, and the timeline. It never throws. */
  async failureReport(): Promise<string> {
    try {
      const check = await this.#checked();
      return this.#report(check, [...this.#problems(check), ...check.findings]);
    } catch (error) {
      return `No report: ${error}`;
    }
  }

  /** Remove the session and its scenario from the server. */
  async close(): Promise<void> {
    const slot = { path: { name: this.#slot } };
    await this.control.call("delete", "/_mock/sessions/{id}", { path: { id: this.session } });
    if (this.#isSaved) await this.control.call("delete", "/_mock/scenarios/{name}", slot);
    if (this.#hasProfile) await this.control.call("delete", "/_mock/chaos/{name}", slot);
  }

  /** `await using gateway = await startGateway()`: check the session at the end of the block, and remove it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.check();
    } finally {
      await this.close();
    }
  }

  async #checked(): Promise<Schemas["CheckShape"]> {
    const query = { strict: this.#strict };
    return this.control.call("get", "/_mock/sessions/{id}/check", { path: { id: this.session }, query });
  }

  #problems({ unmatched, problems }: Schemas["CheckShape"]): string[] {
    const forgotten = [...this.#chains].some((chain) => chain.isPending);
    return [
      ...(forgotten ? ["A call such as gateway.reply(…) was not awaited: the mock knows nothing of it."] : []),
      ...(this.#mayMissTurns ? [] : unmatched),
      ...problems,
    ];
  }

  #report({ hint, timeline, seed }: Schemas["CheckShape"], lines: string[]): string {
    const where = `(session ${this.session}, seed ${seed})`;
    return [...lines, ...(hint ? [hint] : []), "Timeline:", timeline, where].join("\n");
  }
}

/** Return whether a source is a text or a path, and not the name of something that is shipped. */
function isText(source: string): boolean {
  return /[\n:]/.test(source) || /\.ya?ml$/.test(source);
}

/** Return YAML text, or that of the file if the source is a path. */
async function textOf(source: string): Promise<string> {
  return /\.ya?ml$/.test(source) && !source.includes("\n") ? readFile(source, "utf8") : source;
}
