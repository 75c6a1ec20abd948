/**
 * What the Node programs share: jobs come as JSON lines, what the client showed goes out as JSON lines. See program.py.
 * CLIENT_PACKAGES names the folder of the packages.
 */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.env.CLIENT_PACKAGES}/package.json`);

/** Import a package from the chosen folder. */
export const load = (name) => import(import.meta.resolve(name, folder.href));

export const CLAUDE = "claude-sonnet-4-5";
export const GPT = "gpt-4o";
export const REASONER = "o4-mini";
export const HELLO = "Hello!";
export const QUESTION = "What do /tmp/a and /tmp/b say?";
export const IN_OSLO = "What is the weather in Oslo?";
export const LOOK = "What is in this picture?";
export const BRIEF = "Answer briefly, and only from what the files say. ".repeat(120);

/** A PNG of one pixel, in base64. */
export const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

export const READ_FILE = {
  type: "object",
  properties: { path: { type: "string" } },
  required: ["path"],
  additionalProperties: false,
};

export const WEATHER = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "number" } },
  required: ["city", "degrees"],
  additionalProperties: false,
};

/** The one tool. It remembers the paths that it was called with. */
export function fileReader() {
  const paths = [];
  return {
    readFile: ({ path }) => {
      paths.push(path);
      return `text of ${path}`;
    },
    seen: (text) => ({ text, paths: paths.toSorted() }),
  };
}

/** Call `ask` twice, one after the other, as a cache needs it. */
export const twice = async (ask) => [await ask(), await ask()];

/** Do every job. `verbs` is wire -> verb -> what does it; a verb that the client has not is answered with null. */
export async function main(verbs) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { wire, verb, env } = JSON.parse(line);
    Object.assign(process.env, env);
    let seen = null;
    try {
      seen = (await verbs[wire][verb]?.()) ?? null;
    } catch (error) {
      seen = { error: error?.name ?? typeof error, message: `${error?.message ?? error}`.slice(0, 300) };
    }
    process.stdout.write(`${JSON.stringify(seen)}\n`);
  }
}
