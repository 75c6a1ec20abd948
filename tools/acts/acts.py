"""The acts: what a gateway plays, and what a client must show of it.

The gateway's part is a scenario; the client's is a verb of its program. A client passes an act if it shows what was
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


# --- what the gateway plays -------------------------------------------------------------------------------------------


def _default(gateway: GatewaySession) -> None:
    """Leave the gateway its default answers."""


def _text(gateway: GatewaySession) -> None:
    gateway.reply(TEXT)


def _thinking(gateway: GatewaySession) -> None:
    gateway.reply({"thinking": THOUGHT}, TEXT)


def _calls(*paths: str) -> list[object]:
    return [{"tool_use": {"name": "read_file", "input": {"path": path}}} for path in paths]


def _one_by_one(gateway: GatewaySession) -> None:
    for path in PATHS:
        gateway.reply(_calls(path))
    gateway.reply(FILES)


def _two_at_a_time(gateway: GatewaySession) -> None:
    gateway.reply(_calls(*PATHS)).reply(FILES)


def _no_credits(gateway: GatewaySession) -> None:
    gateway.error(402)


def _refused_once(gateway: GatewaySession) -> None:
    gateway.turn(error={"status": 429}, headers={"retry-after-ms": "50"})
    gateway.reply(TEXT)


# --- what the client must show ----------------------------------------------------------------------------------------


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


def _never(shown: Shown) -> bool:
    return False


# --- the table --------------------------------------------------------------------------------------------------------


class ClientAct(NamedTuple):
    """One act. `requests` is how many a client sends; None if that is its own affair.

    `dropped` says whether the client took the answer, and keeps from its caller what the act is about. `verb` is what
    the program does, if that is not called as the act is.
    """

    name: str
    about: str
    play: Callable[[GatewaySession], None]
    passed: Callable[[Shown], bool]
    requests: int | None
    dropped: Callable[[Shown], bool] = _never
    verb: str = ""


ACTS: Mapping[str, ClientAct] = {
    act.name: act
    for act in (
        ClientAct("text", "a whole answer", _text, _a_day, 1),
        ClientAct("stream", "an answer in pieces", _text, _in_pieces, 1),
        ClientAct("tools", "a tool loop: two calls, one after the other", _one_by_one, _both_files, 3),
        ClientAct("parallel", "a tool loop, streamed: two calls at a time", _two_at_a_time, _both_files, 2),
        ClientAct("structured", "an object by a JSON Schema, unscripted", _default, _weather, 1),
        ClientAct("thinking", "an answer after thinking, and the thinking", _thinking, _thought, 1, _kept_to_itself),
        ClientAct("caching", "the same long prompt twice: the second is cached", _default, _hit, 2),
        ClientAct("vision", "an answer about a picture", _text, _a_day, 1),
        ClientAct("threads", "a tool loop whose conversation the gateway keeps", _one_by_one, _both_files, None),
        ClientAct("402", "no credits: an error, and no retry", _no_credits, _raised, 1, verb="text"),
        ClientAct("429", "a rate limit, then the answer", _refused_once, _a_day, 2, verb="text"),
    )
}
