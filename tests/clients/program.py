"""What the Python client programs share: run every verb, print one JSON object {verb: result}.

`program BASE_URL [verb ...]`. A verb is a function from the client's base URL to what it saw. A verb that raises is a
result too: the error's class, HTTP status and message. Standard library only: the programs run without site-packages.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, SupportsIndex, TypeAlias

Seen: TypeAlias = dict[str, object]
Verb: TypeAlias = Callable[[str], Seen]

STATUSES = (400, 401, 402, 404, 429, 500, 503)
"""Each has a scenario error-<status> that answers nothing else."""

NO_SCENARIO = "sk_test"
"""A key that gets the mock's default answers."""

QUESTION = "What does /tmp/test.txt say?"
OSLO = "Weather and time in Oslo?"


class Tool(NamedTuple):
    """A tool that the tool verbs offer: its one argument is a string, and `gives` is what it gives back."""

    description: str
    argument: str
    gives: str

    @property
    def schema(self) -> Seen:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": {self.argument: {"type": "string"}},
            "required": [self.argument],
            "additionalProperties": False,
        }


TOOLS: Mapping[str, Tool] = {
    "read_file": Tool("Read a file", "path", "Hello, world! This is a test file."),
    "get_weather": Tool("The weather in a city", "city", "result of get_weather"),
    "get_time": Tool("The time in a time zone", "tz", "result of get_time"),
}


def main(verbs: Mapping[str, Verb]) -> None:
    """Run the verbs named on the command line, or all of them."""
    base_url, *chosen = sys.argv[1:]
    print(json.dumps({name: attempt(verbs[name], base_url) for name in chosen or verbs}))


def attempt(verb: Verb, base_url: str) -> Seen:
    """Return what the verb saw, or how it failed."""
    try:
        return {"ok": True, **verb(base_url)}
    except Exception as error:
        return failure(error)


def failure(error: Exception) -> Seen:
    """Return an error of an SDK, as the test compares it."""
    status = getattr(error, "status_code", None)
    return {"ok": False, "error": type(error).__name__, "status": status, "message": str(error)}


@contextmanager
def instant_waits() -> Iterator[list[float | SupportsIndex]]:
    """`time.sleep`, with which the SDKs wait before a retry, returns at once; the list says what was asked for."""
    asked: list[float | SupportsIndex] = []
    real, time.sleep = time.sleep, asked.append
    try:
        yield asked
    finally:
        time.sleep = real
