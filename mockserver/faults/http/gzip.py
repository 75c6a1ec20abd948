"""A compressed body: whole, flushed per event, mislabelled, or cut off.

Why: proxies compress streams, and hold every event back until a block is full unless they flush. Some label what they
did not compress, or compress what they do not label.

In a scenario:

    faults: [{gzip: each}]
"""

import zlib
from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Action, Actions, Data, End, Head, Wait
from mockserver.faults.answers import body_of
from mockserver.faults.editing import set_header, with_head, with_length
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters, Stage


class Gzip(Parameters):
    """How the body is compressed."""

    main: ClassVar[str] = "how"
    how: Literal["whole", "each", "header_only", "body_only", "truncated"] = Field(
        "whole",
        description="whole; each (flushed after every event); header_only (the body is plain); body_only (no header "
        "says so); truncated (cut off, then a proper end).",
    )


def gzip(actions: Actions, parameters: Gzip, context: Context) -> Actions:
    """Return the answer compressed, or only labelled so."""
    if not body_of(actions):
        raise NoEffectError("the answer has no body")

    def labelled(head: Head) -> Head:
        return set_header(head, "content-encoding", "gzip")

    if parameters.how == "header_only":
        return with_head(actions, labelled)
    compressed = _compressed(actions, flush=parameters.how == "each")
    if parameters.how == "truncated":
        compressed = _first_half(compressed)
    compressed = with_length(compressed)
    return compressed if parameters.how == "body_only" else with_head(compressed, labelled)


def _compressed(actions: Actions, *, flush: bool) -> Actions:
    """Return the body compressed. With `flush` every event can be read at once; without it all come with the last.

    An answer that breaks off has a compressed body that breaks off too.
    """
    compressor = zlib.compressobj(wbits=31)
    last = max(index for index, action in enumerate(actions) if isinstance(action, Data))
    ends = isinstance(actions[-1], End)
    after: list[Action] = []
    for index, action in enumerate(actions):
        if not isinstance(action, Data):
            after.append(action)
            continue
        payload = compressor.compress(action.payload) + (compressor.flush(zlib.Z_SYNC_FLUSH) if flush else b"")
        if index == last and ends:
            payload += compressor.flush()
        after.append(Data(payload, action.event))
    return tuple(after)


def _first_half(actions: Actions) -> Actions:
    """Return the answer without the second half of its bytes, and without its waits."""
    left = len(body_of(actions)) // 2
    after: list[Action] = []
    for action in actions:
        if isinstance(action, Data):
            after.append(Data(action.payload[:left], action.event))
            left = max(0, left - len(action.payload))
        elif not isinstance(action, Wait):
            after.append(action)
    return tuple(after)


FAULT = Fault(
    name="gzip",
    group="http",
    doc=__doc__,
    source="measured: gzip, gzip_flushed_per_event, gzip_header_but_plain, gzip_body_no_header, gzip_truncated",
    apply=gzip,
    parameters=Gzip,
    example="each",
    stage=Stage.ENCODING,
)
