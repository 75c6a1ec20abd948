/** The commands that may start the mock, and the first words of a mock that has started. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { GatewayError, messageOf } from "./errors.js";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The Python package that fits this one. */
const PACKAGE = `ainative-mockserver~=${version}`;

/** Commands that run `mockserver`, in the order in which they are tried. */
export const COMMANDS: readonly (readonly string[])[] = [
  ["mockserver"],
  ["uvx", "--from", PACKAGE, "mockserver"],
  ["pipx", "run", "--spec", PACKAGE, "mockserver"],
];

const REMEDY =
  "Install it with `pip install ainative-mockserver`, install uv or pipx, name the command " +
  '(startGateway({ command: ["path/to/mockserver"] })), or join a running mock (MOCKSERVER_URL).';

/** The most that is kept of what a starting mock writes to standard error. */
const MOST_STDERR = 2_000;

/** What `mockserver start` says when it serves. */
export interface Greeting {
  url: string;
  openai_url: string;
  token: string;
  page: string;
}

export interface RunningCommand {
  child: ChildProcessWithoutNullStreams;
  greeting: Greeting;
}

/** Start the first command that works. Throws a `GatewayError` that says why each did not. */
export async function runFirst(commands: readonly (readonly string[])[]): Promise<RunningCommand> {
  const failures: string[] = [];
  for (const command of commands) {
    try {
      return await run(command);
    } catch (error) {
      failures.push(`  ${command.join(" ")}: ${messageOf(error)}`);
    }
  }
  throw new GatewayError(`the mock did not start. Tried:\n${failures.join("\n")}\n${REMEDY}`);
}

/**
 * Start `mockserver start` and return when it serves.
 *
 * The mock stops when its standard input closes: with this process, however that ends. In a process group of its own
 * it does not get the Ctrl-C of the terminal, and serves until the last test has ended.
 */
async function run([file = "", ...words]: readonly string[]): Promise<RunningCommand> {
  const child = spawn(file, [...words, "start"], { detached: process.platform !== "win32", windowsHide: true });
  let complaint = "";
  child.stderr.on("data", (data: Buffer) => {
    complaint = (complaint + data.toString()).slice(-MOST_STDERR);
  });
  child.stdin.on("error", () => {}); // the mock is gone, and its exit says more
  const line = await new Promise<string>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ENOENT" ? new Error("not found") : error);
    });
    child.once("close", (code) => reject(new Error(`ended with ${code}${complaint && `: ${complaint.trim()}`}`)));
    createInterface({ input: child.stdout }).once("line", resolve);
  });
  try {
    return { child, greeting: JSON.parse(line) };
  } catch {
    child.kill();
    throw new Error(`said ${JSON.stringify(line)} instead of its address`);
  }
}
