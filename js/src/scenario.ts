/** A scenario that a test builds turn by turn, with the keys of a scenario file. */

import { GatewayError } from "./errors.js";
import type { components as Chaos } from "./generated/chaos.js";
import type { components } from "./generated/scenario.js";

type Schemas = components["schemas"];

export type Scenario = Schemas["Scenario"];
export type Turn = Schemas["Turn"];
export type When = Schemas["When"];
export type Account = Schemas["Account"];
export type ReplyBlock = Schemas["ReplyBlock"];
export type Fault = NonNullable<Turn["faults"]>[number];
export type ChaosProfile = Chaos["schemas"]["ChaosProfile"];

/** The keys of a turn beside its answer: `when`, `times`, `pace`, `faults`, `must` … */
export type TurnWords = Omit<Turn, "reply" | "error" | "response">;

/** An error answer beside its status, in the words of JavaScript. */
export interface ErrorWords extends TurnWords {
  retryAfter?: number;
  code?: string;
  type?: string;
  message?: string;
}

type Edit = (turns: readonly Turn[]) => readonly Turn[];
export type Commit = (edits: readonly Edit[]) => Promise<void>;

/**
 * Turns to be added to a gateway's scenario. Calls can be chained; `await` sends them to the mock:
 *
 *     await gateway.error(429, { retryAfter: 2 }).reply("Hello!");
 *
 * A mistake (a misspelt key, a fault that does not exist) is thrown there, with the nearest valid name.
 */
export class TurnChain implements PromiseLike<undefined> {
  readonly #edits: Edit[] = [];
  readonly #commit: Commit;
  readonly #place = new GatewayError("");
  #sent: Promise<undefined> | undefined;

  constructor(commit: Commit) {
    this.#commit = commit;
  }

  /** Whether nobody has awaited the chain, so that the mock knows nothing of it. */
  get isPending(): boolean {
    return this.#sent === undefined;
  }

  /** Append a turn with the keys of a scenario file: `turn({ when: { last: "user" }, reply: "hi" })`. */
  turn(turn: Turn): this {
    this.#edits.push((turns) => [...turns, turn]);
    return this;
  }

  /** Append a reply: a text, a block or a list of blocks. */
  reply(reply: ReplyBlock | ReplyBlock[], words: TurnWords = {}): this {
    return this.turn({ ...words, reply });
  }

  /** Append a reply that begins with thinking. */
  thinking(thinking: string, ...blocks: ReplyBlock[]): this {
    return this.turn({ reply: [{ thinking }, ...blocks] });
  }

  /** Append a reply that is this value as JSON: the answer to a client that asks for structured output. */
  json(json: unknown, words: TurnWords = {}): this {
    return this.turn({ ...words, reply: [{ json }] });
  }

  /** Append a reply in which the model refuses with this text. */
  refuse(refusal: string, words: TurnWords = {}): this {
    return this.turn({ ...words, reply: [{ refusal }] });
  }

  /** Append a reply that calls a tool. */
  toolUse(name: string, input: Record<string, unknown> = {}, words: TurnWords = {}): this {
    return this.turn({ ...words, reply: [{ tool_use: { name, input } }] });
  }

  /** Append an error: `error(402)`, `error(429, { retryAfter: 2, times: 3 })`. */
  error(status: number, { retryAfter, code, type, message, ...words }: ErrorWords = {}): this {
    const given = { retry_after: retryAfter, code, type, message };
    const known = Object.entries(given).filter(([, value]) => value !== undefined);
    return this.turn({ ...words, error: { status, ...Object.fromEntries(known) } });
  }

  /** Add a fault to the last turn: `fault("reset", { at: 5 })`, `fault("reset", 5)` or `fault("crlf")`. */
  fault(name: string, parameters?: unknown): this {
    const fault = (parameters === undefined ? name : { [name]: parameters }) as Fault; // the mock knows the names
    this.#edits.push((turns) => {
      const last = turns.at(-1);
      if (last === undefined) throw new GatewayError("there is no turn to add a fault to; call gateway.reply(…) first");
      return [...turns.slice(0, -1), { ...last, faults: [...(last.faults ?? []), fault] }];
    });
    return this;
  }

  /** Send the turns to the mock, once. `await` calls this. */
  // biome-ignore lint/suspicious/noThenProperty: awaiting a chain is what sends it
  then<A = undefined, B = never>(
    resolve?: ((value: undefined) => A | PromiseLike<A>) | null,
    reject?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#sent ??= this.#send();
    return this.#sent.then(resolve, reject);
  }

  async #send(): Promise<undefined> {
    try {
      await this.#commit(this.#edits);
    } catch (error) {
      // The stack of the chain's beginning: that is in the test.
      const lines = (this.#place.stack ?? "").split("\n").slice(1);
      if (error instanceof Error) error.stack = [`${error.name}: ${error.message}`, ...lines].join("\n");
      throw error;
    }
  }
}
