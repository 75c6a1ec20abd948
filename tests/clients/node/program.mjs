/**
 * What the Node client programs share: run every verb, print one JSON object {verb: result}.
 *
 * `node --experimental-import-meta-resolve PROGRAM BASE_URL [verb ...]`, with CLIENT_PACKAGES naming the folder whose
 * node_modules holds the SDKs: one program runs unchanged on several sets of versions. (A bare import finds only the
 * packages that stand above the program's own file.)
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Each has a scenario error-<status> that answers nothing else. */
const STATUSES = [400, 401, 402, 404, 429, 500, 503];

/** The options of a client that gets the mock's default answers. */
export const NO_SCENARIO = { apiKey: "sk_test" };

export const QUESTION = "What does /tmp/test.txt say?";
export const OSLO = "Weather and time in Oslo?";

const packages = process.env.CLIENT_PACKAGES ?? process.cwd();

/** Import an SDK from the chosen folder, as a program in that folder would. */
export const load = (name) => import(import.meta.resolve(name, pathToFileURL(join(packages, "program.mjs"))));

/** The version of an installed package. */
export const versionOf = (name) =>
  JSON.parse(readFileSync(join(packages, "node_modules", name, "package.json"), "utf8")).version;

/** The tools that the tool verbs offer: name -> description, its one argument (a string), and what it gives back. */
export const TOOLS = {
  read_file: { description: "Read a file", argument: "path", gives: "Hello, world! This is a test file." },
  get_weather: { description: "The weather in a city", argument: "city", gives: "result of get_weather" },
  get_time: { description: "The time in a time zone", argument: "tz", gives: "result of get_time" },
};

/** The JSON Schema of a tool's arguments. */
export const schemaOf = (name) => ({
  type: "object",
  properties: { [TOOLS[name].argument]: { type: "string" } },
  required: [TOOLS[name].argument],
  additionalProperties: false,
});

/** The JSON Schema that the verb `structured` asks for. */
export const WEATHER = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "number" } },
  required: ["city", "degrees"],
  additionalProperties: false,
};

/** What `WEATHER` names of an answer; the scenario's has more. */
export const pick = ({ city, degrees }) => ({ city, degrees });

/** The headers that give a client a session of its own. */
export const freshSession = () => ({ "x-mock-session": crypto.randomUUID() });

/** Run `ask(scenario)` for each status. */
export async function eachStatus(ask) {
  const found = {};
  for (const status of STATUSES) found[status] = await attempt(() => ask(`error-${status}`));
  return found;
}

/**
 * Give every wait of an SDK, in seconds, to `wait` instead of to the clock. -> a function that ends this.
 *
 * Only the SDK's own waits are touched: timers of a minute or longer are its time limits, those shorter than 100 ms its
 * housekeeping, and those that Node itself sets (by its place in the stack) keep connections alive.
 */
export function withWaits(wait) {
  const real = globalThis.setTimeout;
  globalThis.setTimeout = (callback, delay, ...rest) => {
    const isNode = new Error().stack.split("\n")[2].includes("node:internal");
    const isWait = delay >= 100 && delay < 60_000 && !isNode;
    if (!isWait) return real(callback, delay, ...rest);
    return void Promise.resolve(wait(delay / 1000)).then(() => callback(...rest));
  };
  return () => void (globalThis.setTimeout = real);
}

/** Run `ask(fetch)` with waits that take no time. -> the requests sent, the seconds asked for, the answer's text. */
export async function withInstantWaits(ask) {
  const seen = { attempts: 0, waits: [] };
  const countingFetch = (...request) => {
    seen.attempts += 1;
    return fetch(...request);
  };
  const end = withWaits((seconds) => void seen.waits.push(seconds));
  try {
    const text = await ask(countingFetch);
    return { ...seen, text };
  } finally {
    end();
  }
}

/** An error of an SDK, as the tests compare it: its class, HTTP status and message. Some throw plain objects. */
export function failure(error) {
  const name = error.name && error.name !== "Error" ? error.name : error.constructor.name;
  return { ok: false, error: name, status: error.status ?? error.statusCode ?? null, message: error.message };
}

/** What the verb saw, or how it failed. */
async function attempt(verb) {
  try {
    return { ok: true, ...(await verb()) };
  } catch (error) {
    return failure(error);
  }
}

/** Run the verbs named on the command line, or all of them. */
export async function main(verbs) {
  const [baseUrl, ...chosen] = process.argv.slice(2);
  const found = {};
  for (const name of chosen.length ? chosen : Object.keys(verbs)) {
    found[name] = await attempt(() => verbs[name](baseUrl));
  }
  console.log(JSON.stringify(found));
}
