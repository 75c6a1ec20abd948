"""What the Python programs share: jobs come as JSON lines, what the client showed goes out as JSON lines.

A job is `{"wire": …, "verb": …, "env": {…}}`: the client of one wire does one thing, with its base URL and key from the
environment, and everything else at its defaults. A verb that the client has not is answered with null. Only the
client's own packages are here, so nothing of the mock is imported.
"""

import asyncio
import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import TypeAlias

from pydantic import BaseModel

Verbs: TypeAlias = Mapping[str, Mapping[str, Callable[[], object]]]
"""Wire -> verb -> what does it. A verb returns what the client showed, or a coroutine of that."""

CLAUDE = "claude-sonnet-4-5"
GPT = "gpt-4o"
REASONER = "o4-mini"
HELLO = "Hello!"
QUESTION = "What do /tmp/a and /tmp/b say?"
IN_OSLO = "What is the weather in Oslo?"
LOOK = "What is in this picture?"
BRIEF = "Answer briefly, and only from what the files say. " * 120
"""A system prompt that is long enough to be cached."""

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A PNG of one pixel, in base64."""

READ_FILE = {
    "type": "object",
    "properties": {"path": {"type": "string"}},
    "required": ["path"],
    "additionalProperties": False,
}
"""The JSON Schema of the arguments of `read_file`, for clients that take no function."""


class Weather(BaseModel):
    """The weather in a city."""

    city: str
    degrees: float


class FileReader:
    """The one tool. It remembers the paths that it was called with."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def read_file(self, path: str) -> str:
        """Read a file."""
        self.paths.append(path)
        return f"text of {path}"

    def seen(self, text: str) -> dict[str, object]:
        """Return what a loop showed: its last words and the paths, in an order that does not depend on threads."""
        return {"text": text, "paths": sorted(self.paths)}


def main(verbs: Verbs) -> None:
    """Do every job. All run on one event loop, since some frameworks keep their HTTP client for all of them."""
    loop = asyncio.new_event_loop()
    output, sys.stdout = sys.stdout, sys.stderr  # some clients print
    for line in sys.stdin:
        job = json.loads(line)
        os.environ.update(job["env"])
        act = verbs[job["wire"]].get(job["verb"])
        try:
            seen = act and act()
            if inspect.isawaitable(seen):
                seen = loop.run_until_complete(seen)
        except Exception as error:
            seen = {"error": type(error).__name__, "message": str(error)[:300]}
        print(json.dumps(seen), file=output, flush=True)
