/** Held streams: answers that the fault `hold` has stopped. A test waits for one by the feed, so it needs no sleep. */

import type { ControlClient, Schemas } from "./control.js";
import { ClientError } from "./errors.js";

/** Seconds that a test waits by default. */
export const PATIENCE = 5;

type Live = Schemas["LiveShape"];

/** Return the oldest held answer of a session: look now, and after each event of the feed. */
export async function waitForHeld(control: ControlClient, session: string, seconds: number): Promise<Live> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), seconds * 1000);
  try {
    const feed = await control.watch(ending.signal);
    const first = await findHeld(control, session);
    if (first) return first;
    for await (const _ of feed) {
      const found = await findHeld(control, session);
      if (found) return found;
    }
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
  throw new ClientError(
    `No answer was held back within ${seconds} s. Is there a turn with the fault \`hold\`, and was it played?`,
  );
}

async function findHeld(control: ControlClient, session: string): Promise<Live | undefined> {
  const live = await control.call("get", "/_mock/live");
  return live.find((answer) => answer.held && answer.session === session);
}
