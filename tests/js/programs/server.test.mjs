// Where the mock comes from, and when it goes. MOCK is its command; PATH has only Node and what a test puts there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, test } from "node:test";
import { sharedServer, startGateway, stopServers } from "ainative-mockserver";
import setup from "ainative-mockserver/global-setup";

const { MOCK, PATH } = process.env;

afterEach(async () => {
  await stopServers();
  delete process.env.MOCKSERVER_URL;
  process.env.PATH = PATH;
});

/** Put shell scripts into a folder that is the PATH. */
async function commands(scripts) {
  const folder = await mkdtemp(join(tmpdir(), "commands-"));
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  process.env.PATH = folder;
}

/** Return whether a server answers at an address. */
async function isServed(url) {
  return fetch(`${url}/_mock/health`).then(
    () => true,
    () => false,
  );
}

test("the first command that works is used, with its own words", async () => {
  const python = `test "$1 $2 $3 $4" = "run --spec ainative-mockserver~=0.1.0 mockserver" && shift 4 && exec ${MOCK} "$@"`;
  await commands({ mockserver: "echo no such command >&2; exit 2", pipx: python });
  const gateway = await startGateway();
  await gateway.close();
});

test("an error names every command and why it did not work", async () => {
  await commands({ mockserver: "echo 'no such command: start' >&2; exit 2", uvx: "echo hello" });
  const message = new RegExp(
    [
      "the mock did not start. Tried:",
      "  mockserver: ended with 2: no such command: start",
      '  uvx --from ainative-mockserver~=0.1.0 mockserver: said "hello" instead of its address',
      "  pipx run --spec ainative-mockserver~=0.1.0 mockserver: not found",
      "Install it with `pip install ainative-mockserver`",
    ].join("\n"),
  );
  await assert.rejects(startGateway(), { name: "GatewayError", message });
});

test("a command that is given is the only one", async () => {
  await commands({ mockserver: "echo hello" });
  await assert.rejects(startGateway({ command: ["no-such-mock"] }), {
    message: /Tried:\n {2}no-such-mock: not found\nInstall/,
  });
});

test("one server is started for a process, shared by set-up, joined by its link, and stopped", async () => {
  const command = [MOCK];
  const [server, same] = await Promise.all([sharedServer({ command }), sharedServer({ command })]);
  assert.equal(server, same);
  const joined = await startGateway({ url: server.page });
  assert.equal(joined.url, server.url);
  await joined.close();

  process.env.MOCKSERVER_URL = server.page;
  const stop = await setup();
  assert.equal(process.env.MOCKSERVER_URL, server.page);
  await stop();
  assert.equal(await isServed(server.url), false);
});

test("a mock that cannot be joined is an error with a remedy", async () => {
  const server = await sharedServer({ command: [MOCK] });
  const wrong = [
    ["localhost", undefined, /expected a link such as/],
    [server.url, undefined, /has no token: take the link/],
    [server.url, "wrong-wrong-wrong-wrong", /token/],
    ["http://127.0.0.1:9/", "token", /no mock answers at http:\/\/127.0.0.1:9: /],
  ];
  for (const [url, token, message] of wrong) await assert.rejects(startGateway({ url, token }), { message });
});

test("a mock stops with the process that started it, however that ends", async () => {
  const program = `
    import { sharedServer } from "ainative-mockserver";
    const server = await sharedServer({ command: [${JSON.stringify(MOCK)}] });
    console.log(server.url);
    if (process.argv[1] === "stay") setInterval(() => {}, 1e6);`;
  for (const signal of [undefined, "SIGINT", "SIGKILL"]) {
    const words = ["--input-type=module", "--eval", program, signal ? "stay" : "leave"];
    const parent = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    const [url] = await once(createInterface({ input: parent.stdout }), "line");
    if (signal) parent.kill(signal);
    await once(parent, "exit");
    while (await isServed(url)); // a server that does not end is a test that does not end
  }
});
