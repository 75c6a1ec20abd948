"""The answer stops in the middle: max_tokens is reached.

Why: every model does this at its limit (D1). The text ends in a sentence, or a call's arguments in their JSON, and only
the stop reason says so.

In a scenario:

    faults: [{max_tokens: 3}]
"""

import re
from typing import ClassVar

import orjson
from pydantic import Field

from mockserver.core.actions import Action, Actions, Data
from mockserver.faults.answers import is_stream, whole_of
from mockserver.faults.deltas import settled
from mockserver.faults.editing import JSON, with_length, with_whole_body
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters
from mockserver.faults.meaning.finish import set_stop_reason
from mockserver.wires import DELTAS


class MaxTokens(Parameters):
    """Where the answer stops."""

    main: ClassVar[str] = "after"
    after: int = Field(3, ge=0, description="How many deltas (or words) come.")


def max_tokens(actions: Actions, parameters: MaxTokens, context: Context) -> Actions:
    """Return the answer with no more than its first deltas, and the stop reason of that."""
    if is_stream(actions):
        cut = settled(_cut_stream(actions, parameters.after), context.wire)
    else:
        cut = _cut_whole(actions, context, parameters)
    return set_stop_reason(cut, context.wire.stop_reasons["max_tokens"])


def _cut_stream(actions: Actions, deltas: int) -> Actions:
    after: list[Action] = []
    count = 0
    for action in actions:
        if isinstance(action, Data) and action.event in DELTAS:
            count += 1
            if count > deltas:
                continue
        after.append(action)
    if count <= deltas:
        raise NoEffectError(f"the answer has only {count} deltas")
    return with_length(tuple(after))


def _cut_whole(actions: Actions, context: Context, parameters: MaxTokens) -> Actions:
    """Return the whole answer with the first words of its first text that is long enough."""
    words = parameters.after
    whole = whole_of(actions, context.wire)
    holders = whole.get("content") or [choice["message"] for choice in whole.get("choices") or ()]
    holders += [part for item in whole.get("output") or () for part in item.get("content") or ()]
    for holder in holders:
        key = "text" if "text" in holder else "content"
        parts = re.findall(r"\S+\s*", holder.get(key) or "") if isinstance(holder, dict) else []
        if len(parts) > words:
            holder[key] = "".join(parts[:words]).rstrip()
            return with_whole_body(actions, orjson.dumps(whole), JSON)
    raise NoEffectError(f"the answer has no text of more than {words} words")


FAULT = Fault(
    name="max_tokens",
    group="content",
    doc=__doc__,
    source="D1",
    apply=max_tokens,
    parameters=MaxTokens,
    example=3,
)
