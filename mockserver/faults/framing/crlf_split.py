"""Lines end with CR LF, and a write ends between the two.

Why: a parser that takes CR and LF for two line ends sees a blank line where a write ends in between, and so an event
that is cut in two.

In a scenario:

    faults: [crlf_split]
"""

import re

from mockserver.core.actions import Action, Actions, Data, Wait
from mockserver.faults.answers import need_plain, need_stream
from mockserver.faults.editing import longer_by
from mockserver.faults.fault import Context, Fault, NoEffectError, Nothing, Stage
from mockserver.faults.framing.crlf import with_crlf
from mockserver.faults.splitting import pieces


def crlf_split(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with CR LF at the end of every line, and the end of a write between the two."""
    need_stream(actions)
    need_plain(actions)
    after: list[Action] = []
    added = cuts = 0
    for action in actions:
        if not isinstance(action, Data):
            after.append(action)
            continue
        longer = Data(with_crlf(action.payload), action.event)
        added += len(longer.payload) - len(action.payload)
        between = [line_end.start() + 1 for line_end in re.finditer(b"\r\n", longer.payload)]
        cuts += len(between)
        for piece in pieces(longer, between):
            after += [piece, Wait(0.0)]
    if not cuts:
        raise NoEffectError("no line ends with LF")
    return longer_by(tuple(after), added)


FAULT = Fault(
    name="crlf_split",
    group="framing",
    doc=__doc__,
    source="measured: crlf_split_between_cr_and_lf",
    apply=crlf_split,
    stage=Stage.LINES,
)
