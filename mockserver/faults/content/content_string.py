"""A string where the list of blocks belongs (Anthropic, whole).

Why: the API takes a string in requests, and some gateways answer with one.

In a scenario:

    faults: [content_string]
"""

import orjson

from mockserver.core.actions import Actions
from mockserver.faults.answers import is_stream, whole_of
from mockserver.faults.editing import JSON, with_whole_body
from mockserver.faults.fault import Context, Fault, NoEffectError, Nothing


def content_string(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the whole answer with its text instead of its blocks."""
    whole = {} if is_stream(actions) else whole_of(actions, context.wire)
    if not isinstance(whole.get("content"), list):
        raise NoEffectError("only whole Anthropic answers have a list of blocks")
    whole["content"] = "".join([block.get("text", "") for block in whole["content"]])
    return with_whole_body(actions, orjson.dumps(whole), JSON)


FAULT = Fault(
    name="content_string",
    group="content",
    doc=__doc__,
    source="measured: ns_content_string",
    apply=content_string,
)
