"""Correct clients: an official Python SDK of any major, used as its documentation says, with its own retries and waits.

Jobs come as JSON lines, `{"wire": …, "use": …, "url": …, "key": …}`, and run side by side, since they wait as SDKs do:
for real. What each got goes out as JSON lines: the answers' texts, or the class of the error.
"""

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

QUESTION = [{"role": "user", "content": "Hello"}]
IMPATIENT = 1.0
"""Seconds without a byte after which a client that was told so gives up on an answer, and tries again."""
AT_A_TIME = 4

Sdk = Any
"""An SDK has no type here: three majors of two."""


def made(wire: str, kind: str, job: Mapping[str, str], **options: object) -> Sdk:
    """Return a client; `kind` is nothing or Async."""
    sdk = importlib.import_module(wire)
    name = "Anthropic" if wire == "anthropic" else "OpenAI"
    return getattr(sdk, kind + name)(base_url=job["url"], api_key=job["key"], **options)


def create(client: Sdk, wire: str, **more: object) -> Any:
    """One request."""
    asked = {"model": "m", "max_tokens": 50, "messages": QUESTION, **more}
    return client.messages.create(**asked) if wire == "anthropic" else client.chat.completions.create(**asked)


def text_of(answer: Any, wire: str) -> str:
    """Return the text of a whole answer."""
    return str(answer.content[0].text if wire == "anthropic" else answer.choices[0].message.content)


def piece_of(event: Any, wire: str) -> str:
    """Return the text in one event of a stream."""
    if wire == "anthropic":
        return getattr(event.delta, "text", "") if event.type == "content_block_delta" else ""
    return "".join([choice.delta.content or "" for choice in event.choices])


def ask(job: Mapping[str, str], wire: str) -> list[str]:
    """Ask for a whole answer."""
    with made(wire, "", job) as client:
        return [text_of(create(client, wire), wire)]


def stream(job: Mapping[str, str], wire: str) -> list[str]:
    """Ask for a streamed answer."""
    with made(wire, "", job) as client:
        return ["".join([piece_of(event, wire) for event in create(client, wire, stream=True)])]


def impatient(job: Mapping[str, str], wire: str) -> list[str]:
    """Ask with a short timeout."""
    with made(wire, "", job, timeout=IMPATIENT) as client:
        return [text_of(create(client, wire), wire)]


def threads(job: Mapping[str, str], wire: str) -> list[str]:
    """Ask the same question from several threads, through one client."""
    with made(wire, "", job) as client, ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(lambda _: text_of(create(client, wire), wire), range(AT_A_TIME)))


def tasks(job: Mapping[str, str], wire: str) -> list[str]:
    """Ask the same question from several tasks, through one async client."""

    async def main() -> list[str]:
        async with made(wire, "Async", job) as client:
            answers = await asyncio.gather(*[create(client, wire) for _ in range(AT_A_TIME)])
            return [text_of(answer, wire) for answer in answers]

    return asyncio.run(main())


def talk(job: Mapping[str, str], wire: str) -> list[str]:
    """One question after the other, with the history before it."""
    said: list[object] = []
    with made(wire, "", job) as client:
        found = []
        for number in range(3):
            said.append({"role": "user", "content": f"Question {number}"})
            found.append(text_of(create(client, wire, messages=said), wire))
            said.append({"role": "assistant", "content": found[-1]})
        return found


def leaves(job: Mapping[str, str], wire: str) -> list[str]:
    """Leave a stream after its first text, like a person who has seen enough."""
    with made(wire, "", job) as client, create(client, wire, stream=True) as events:
        return [next(piece for piece in (piece_of(event, wire) for event in events) if piece)]


USES: Mapping[str, Callable[[Mapping[str, str], str], list[str]]] = {
    use.__name__: use for use in (ask, stream, impatient, threads, tasks, talk, leaves)
}


def run(line: str) -> str:
    """Return what one job got, as a line of JSON."""
    job = json.loads(line)
    try:
        return json.dumps({"texts": USES[job["use"]](job, job["wire"])})
    except Exception as error:
        return json.dumps({"error": type(error).__name__})


if __name__ == "__main__":
    lines = sys.stdin.read().splitlines()
    for wire in {json.loads(line)["wire"] for line in lines}:
        importlib.import_module(wire)
    with ThreadPoolExecutor(len(lines)) as pool:
        for told in pool.map(run, lines):
            print(told)
