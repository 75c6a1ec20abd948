/** The errors of this package: each says what is wrong, where, and what to do. */

/** The mock could not be started, joined or told something. */
export class GatewayError extends Error {
  override name = "GatewayError";
}

/** The client under test did not do what the test expects. */
export class ClientError extends Error {
  override name = "ClientError";
}

/** Return what an unknown thrown value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Add a report to a thrown error, in its message and in its stack, which runners print. */
export function addReport(error: unknown, report: string): void {
  if (typeof error !== "object" || error === null || !("message" in error)) return;
  const message = `${error.message}\n\n${report}`;
  if ("stack" in error && typeof error.stack === "string") {
    error.stack = error.stack.replace(String(error.message), () => message);
  }
  error.message = message;
}
