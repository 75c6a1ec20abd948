// The session that the controls apply to, and sending it changes.

import { visible } from "./format.js";

/** The id of the session that the controls apply to; null for all sessions. */
export function target(app) {
  return app.store.get("route").session || null;
}

/** The target's session as the API last described it; null for all sessions or an unknown one. */
export function targetSession(app) {
  return app.store.get("sessions").find((session) => session.id === target(app)) || null;
}

/** The target's name for use in a sentence. */
export function targetName(app) {
  const id = target(app);
  return id ? `session ${visible(id)}` : "all sessions";
}

/** Call the API and announce `done`, or the error's message. Return whether the call succeeded. */
export async function attempt(app, act, done = "") {
  try {
    await act();
    if (done) app.announce(done);
    return true;
  } catch (error) {
    app.announce(error.message, "bad");
    return false;
  }
}
