"""The acts: what a gateway plays, and what a client must show of it.

The gateway's part is a scenario; the client's is a verb of its program. An act is passed if the client shows what was
played, sent the right number of requests, and did nothing that the verdict objects to.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mockserver.testing.gateway import GatewaySession
from tools.acts.clients import Shown

TEXT = "It is a fine day in Oslo."
THOUGHT = "Let me think of the day."
FILES = "Both files were read."
PATHS = ["/tmp/a", "/tmp/b"]


def _calls(*paths: str) -> list[object]:
    return [{"tool_use": {"name": "read_file", "input": {"path": path}}} for path in paths]


def _refused_once(gateway: GatewaySession) -> None:
    gateway.turn(error={"status": 429}, headers={"retry-after-ms": "50"})
    gateway.reply(TEXT)


def _one_after_the_other(gateway: GatewaySession) -> None:
    for path in PATHS:
        gateway.reply(_calls(path))
    gateway.reply(FILES)


def _a_day(shown: Shown) -> bool:
    return bool(shown.get("text") == TEXT)


def _in_pieces(shown: Shown) -> bool:
    return _a_day(shown) and int(shown["pieces"]) > 1


def _both_files(shown: Shown) -> bool:
    return bool(shown.get("text") == FILES and shown["paths"] == PATHS)


def _weather(shown: Shown) -> bool:
    parsed = shown.get("parsed")
    return isinstance(parsed, dict) and isinstance(parsed.get("city"), str) and "degrees" in parsed


def _thought(shown: Shown) -> bool:
    return _a_day(shown) and shown.get("thinking") == THOUGHT


def _kept_to_itself(shown: Shown) -> bool:
    return _a_day(shown) and not shown.get("thinking")


def _hit(shown: Shown) -> bool:
    cached = shown.get("cached")
    return isinstance(cached, list) and not cached[0] and bool(cached[1])


def _raised(shown: Shown) -> bool:
    return "error" in shown


class ClientAct(NamedTuple):
    """One act. `requests` is how many a client sends; None if that is its own affair.

    `dropped` says whether the client took the answer, and keeps from its caller what the act is about.
    """

    name: str
    verb: str
    play: Callable[[GatewaySession], object]
    passed: Callable[[Shown], bool]
    requests: int | None
    about: str
    dropped: Callable[[Shown], bool] = lambda shown: False


ACTS: Mapping[str, ClientAct] = {
    act.name: act
    for act in (
        ClientAct("text", "text", lambda gateway: gateway.reply(TEXT), _a_day, 1, "a whole answer"),
        ClientAct("stream", "stream", lambda gateway: gateway.reply(TEXT), _in_pieces, 1, "an answer in pieces"),
        ClientAct(
            "tools", "tools", _one_after_the_other, _both_files, 3, "a tool loop: two calls, one after the other"
        ),
        ClientAct(
            "parallel",
            "parallel",
            lambda gateway: gateway.reply(_calls(*PATHS)).reply(FILES),
            _both_files,
            2,
            "a tool loop, streamed: two calls at a time",
        ),
        ClientAct(
            "structured", "structured", lambda gateway: None, _weather, 1, "an object by a JSON Schema, unscripted"
        ),
        ClientAct(
            "thinking",
            "thinking",
            lambda gateway: gateway.reply({"thinking": THOUGHT}, TEXT),
            _thought,
            1,
            "an answer after thinking, and the thinking",
            _kept_to_itself,
        ),
        ClientAct(
            "caching", "caching", lambda gateway: None, _hit, 2, "the same long prompt twice: the second is cached"
        ),
        ClientAct("vision", "vision", lambda gateway: gateway.reply(TEXT), _a_day, 1, "an answer about a picture"),
        ClientAct(
            "threads",
            "threads",
            _one_after_the_other,
            _both_files,
            None,
            "Anthropic's tool runner, with its threads",
        ),
        ClientAct("402", "text", lambda gateway: gateway.error(402), _raised, 1, "no credits: an error, and no retry"),
        ClientAct("429", "text", _refused_once, _a_day, 2, "a rate limit, then the answer"),
    )
}
