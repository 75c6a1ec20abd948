"""`mockserver serve` in its own process, and requests over their own sockets."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from tests.support.bank import MESSAGES

PATIENCE = 60.0
"""Seconds after which a server is stuck; no test waits for it unless it fails."""

HUNDRED = "accounts: [{key: sk_hundred, plan: enterprise, credits: 100}]"
"""A hundred credits; an answer costs one."""
ONE = "scenario: one\nturns:\n  - reply: hello\n    usage: {input: 600, output: 400}\n    times: always\n"
BODY = orjson.dumps({"model": "m", "max_tokens": 500, "messages": [{"role": "user", "content": "Hi"}]})


@contextmanager
def served(
    folder: Path, *options: str, accounts: str = HUNDRED, scenario: str = ONE
) -> Iterator[tuple[str, int, "subprocess.Popen[str]"]]:
    """Yield the host, port and process of a server while the block runs. `folder` takes its files."""
    (folder / "accounts.yaml").write_text(accounts, encoding="utf-8")
    (folder / "one.yaml").write_text(scenario, encoding="utf-8")
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--quiet"]
    command += ["--accounts", str(folder / "accounts.yaml"), "--scenario", str(folder / "one.yaml"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8") as server:
        assert server.stdout is not None
        output = []
        try:
            for line in server.stdout:
                output.append(line)
                if match := re.search(r"http://([0-9.]+):(\d+)", line):
                    yield match[1], int(match[2]), server
                    return
            pytest.fail(f"the mock did not start:\n{''.join(output)}")
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate()


def stop(process: "subprocess.Popen[str]") -> None:
    """Stop a server as an operator does: one that is killed writes down no coverage. Kill it if it does not end."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


async def ask_by_socket(host: str, port: int) -> int:
    """Ask for one message on its own connection; return the status."""
    return (await exchange(host, port, "POST", MESSAGES, {"x-api-key": "sk_hundred"}, BODY))[0]


async def exchange(
    host: str, port: int, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[int, bytes]:
    """Send one request on its own connection; return the status and the body."""
    reader, writer = await asyncio.open_connection(host, port)
    all_headers = {"host": host, "connection": "close", "content-length": str(len(body)), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in all_headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    answer = await reader.read()
    writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), rest
