"""Presets: the answers that the page queues with one click.

Every client must notice them. So a fault of a stream has its place by kind, before the second delta: some text has
come, and no client skips what follows, as SDKs skip a ping. A stream that breaks there pauses first: a reset drops what
its client has not read yet, and without a pause a person sees no text before the error.

A preset stays queued where one of its faults finds nothing to act on, such as a reset where the answer is no stream.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from mockserver.wires.errors import STATUSES


class Preset(NamedTuple):
    """A button of the page.

    `label` and `about` are its words; `answer` is the body of `POST /_mock/next`, to which the page adds the session,
    how many times, and the seconds of a 429's `retry-after`.
    """

    label: str
    about: str
    answer: Mapping[str, JsonValue]


MID_STREAM = "delta 2"
PAUSE: JsonValue = {"stall": {"at": MID_STREAM, "for": "500ms"}}


def _error(status: int, words: str) -> Preset:
    kind = STATUSES[status]
    return Preset(f"{status} {words}", f"{kind.code}: {kind.message}", {"turn": {"error": {"status": status}}})


def _faults(label: str, about: str, *faults: JsonValue) -> Preset:
    return Preset(label, about, {"faults": list(faults)})


PRESETS: tuple[Preset, ...] = (
    _error(402, "no credits"),
    _error(429, "rate limit"),
    _error(529, "overloaded"),
    _error(401, "bad key"),
    _error(403, "not in plan"),
    _error(404, "not found"),
    _error(413, "too large"),
    _error(500, "server error"),
    _error(502, "bad gateway"),
    _error(503, "unavailable"),
    _faults(
        "stalls 5 s",
        "stall: a stream begins, then nothing comes for five seconds.",
        {"stall": {"at": MID_STREAM, "for": "5s"}},
    ),
    _faults(
        "streams slowly",
        "slow: the first token comes after two seconds, then five a second.",
        {"slow": {"first": "2s", "interval": "200ms"}},
    ),
    _faults(
        "error mid-stream",
        "error_event: a stream begins, then an event says that the model is overloaded.",
        PAUSE,
        {"error_event": {"at": MID_STREAM, "status": 529}},
    ),
    _faults(
        "reset mid-stream",
        "reset: a stream begins, then its connection is reset.",
        PAUSE,
        {"reset": {"at": MID_STREAM}},
    ),
    _faults(
        "ends too early",
        "cut: a stream ends properly after its first words, without a stop reason.",
        PAUSE,
        {"cut": {"at": MID_STREAM}},
    ),
    _faults(
        "malformed JSON",
        "malformed_json: the JSON of a delta, or of the whole answer, has a comma too many.",
        {"malformed_json": MID_STREAM},
    ),
    _faults("HTML page", "body: a 200 with the page of a proxy instead of an answer.", {"body": "html"}),
    _faults(
        "max_tokens",
        "max_tokens: the answer stops after three words, and its stop reason says so.",
        {"max_tokens": 3},
    ),
)
