"""Bodies over all routes: no answer of 500, and afterwards everything that was sent can be read back."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import httpx
import orjson

from tools.attack.act import Act, Notes
from tools.attack.http import ask, connect, feed, parsed, request
from tools.attack.mock import ROOT, TOKEN, mock

CORPUS = ROOT / "tests" / "attack" / "corpus"
PATHS = ("/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions", "/api/v1/chat/completions")
MUTANTS = 200
SEEDS: tuple[dict[str, object], ...] = (
    {
        "model": "m",
        "max_tokens": 5,
        "provider": "openai",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "a"}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "b"}]},
        ],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "stream": True,
    },
    {
        "model": "m",
        "provider": "openai",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "a"},
            {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "b"},
        ],
        "stop": ["x"],
    },
)
ODD: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    "",
    "\x00",
    [],
    {},
    [[]],
    [{}],
    {"type": "text", "text": []},
)
READS = ("/exchanges?limit=5000", "/verdict", "/metrics", "/live", "/sessions")


def mutated(notes: Notes, value: object) -> object:
    """Return a document with one place replaced by something odd, or left out."""
    if isinstance(value, dict) and value and notes.random.random() < 0.85:
        key = notes.random.choice(list(value))
        if notes.random.random() < 0.1:
            return {name: inner for name, inner in value.items() if name != key}
        return {**value, key: mutated(notes, value[key])}
    if isinstance(value, list) and value and notes.random.random() < 0.85:
        place = notes.random.randrange(len(value))
        return [*value[:place], mutated(notes, value[place]), *value[place + 1 :]]
    return notes.random.choice(ODD)


def sent(notes: Notes) -> list[bytes]:
    """Return every body of the corpus, and mutants."""
    kept = [file.read_bytes() for file in sorted(Path(CORPUS).glob("*.body"))]
    return [*kept, *[orjson.dumps(mutated(notes, notes.random.choice(SEEDS))) for _ in range(MUTANTS)]]


async def _send(port: int, bodies: list[bytes]) -> list[tuple[str, bytes, int]]:
    """Return the path, the body and the status of every answer that is a failure of ours."""
    failed, turns = list[tuple[str, bytes, int]](), asyncio.Semaphore(16)

    async def one(path: str, body: bytes) -> None:
        async with turns:
            status = parsed(await ask(port, request(path, body, x_api_key="sk_bodies"))).status
            if status in (0, 500):
                failed.append((path, body, status))

    await asyncio.gather(*[one(path, body) for body in bodies for path in PATHS])
    return failed


def unreadable(control: httpx.Client) -> list[str]:
    """Return what of the control API fails after all that."""
    numbers = [one["number"] for one in control.get("/exchanges?limit=5000").json().get("exchanges", ())][-40:]
    paths = [*READS, *[f"/exchanges/{number}{part}" for number in numbers for part in ("", "/copy/scenario")]]
    failed = [path for path in paths if control.get(path).status_code >= 500]
    verified = control.post("/verify", json={"when": {"last": "user"}, "times": 0})
    return [*failed, *(["/verify"] if verified.status_code >= 500 else [])]


def _play(notes: Notes, bodies: list[bytes], feeds: int) -> None:
    """Send the bodies to a server with this many open feeds, then read everything back."""
    where = f"with {feeds} feeds" if feeds else "without a feed"
    with mock() as attacked, attacked.control() as control, ExitStack() as stack:
        control.get("/about")
        for _ in range(feeds):
            sock = stack.enter_context(connect(attacked.port))
            sock.sendall(feed(attacked.port, TOKEN))
            sock.recv(65536)
        with notes.watched(attacked, fills=60) as watching:
            failed = asyncio.run(_send(attacked.port, bodies))
        sent = len(bodies) * len(PATHS) + watching.quiet.answers + watching.during.answers
        entered = control.get("/exchanges?after=999999999").json()["entered"]
        reads = unreadable(control)
    notes.figure(f"{where}: {len(bodies) * len(PATHS)} bodies, {len(failed)} answered 500 or not at all")
    notes.check(not failed, f"{where} a body is answered 500: {failed[:3]}")
    notes.check(entered >= sent, f"{where} only {entered} of {sent} exchanges are in the journal")
    notes.check(not reads, f"{where} the control API answers 500 afterwards: {reads[:8]}")


def run(notes: Notes) -> None:
    """Send every body to every route, with a feed open and without, and read everything back."""
    bodies = sent(notes)
    _play(notes, bodies, 0)
    _play(notes, bodies, 2)


ACT = Act("bodies", "odd bodies over all routes with a feed open, then everything is read back", run)
