"""A write that ends inside a character.

Why: networks cut anywhere. A client that decodes each write for itself shows a replacement character or raises.

In a scenario:

    faults: [utf8_split]
"""

import re

from mockserver.core.actions import Action, Actions, Data, Wait
from mockserver.faults.answers import need_plain
from mockserver.faults.editing import changed
from mockserver.faults.fault import Context, Fault, Nothing, Stage
from mockserver.faults.splitting import pieces

_FIRST_BYTE = re.compile(rb"[\xc2-\xf4](?=[\x80-\xbf])")
"""The first byte of a character that has several."""


def utf8_split(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer with the end of a write inside the first long character of every event."""
    need_plain(actions)
    after: list[Action] = []
    for action in actions:
        match = _FIRST_BYTE.search(action.payload) if isinstance(action, Data) else None
        if isinstance(action, Data) and match is not None:
            first, rest = pieces(action, [match.end()])
            after += [first, Wait(0.0), rest]
        else:
            after.append(action)
    return changed(actions, after, "the answer has only ASCII characters")


FAULT = Fault(
    name="utf8_split",
    group="framing",
    doc=__doc__,
    source="measured: utf8_split",
    apply=utf8_split,
    stage=Stage.CHARACTERS,
)
