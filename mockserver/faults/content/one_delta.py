"""Every block in one delta: simulated streaming.

Why: gateways whose model does not stream send the whole text as one delta (D1: simulated SSE). A page that animates
deltas shows it at once.

In a scenario:

    faults: [one_delta]
"""

from contextlib import suppress

import orjson

from mockserver.core.actions import Actions
from mockserver.faults.answers import need_stream
from mockserver.faults.deltas import arguments_of, pieces_of, rewrite, text_of, thinking_of
from mockserver.faults.editing import changed
from mockserver.faults.fault import Context, Fault, NoEffectError, Nothing


def one_delta(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with the text, the thinking, and the arguments of each call in one delta."""
    need_stream(actions)
    after = actions
    for read in (text_of, thinking_of, arguments_of):
        with suppress(NoEffectError):
            after = rewrite(after, pieces_of(after, read, ""), lambda text: [orjson.dumps(text)])
    return changed(actions, after, "every block is one delta anyway")


FAULT = Fault(
    name="one_delta",
    group="content",
    doc=__doc__,
    source="D1: simulated SSE; measured: simulated_sse",
    apply=one_delta,
)
