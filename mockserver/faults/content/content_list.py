"""A list of parts where the text belongs (OpenAI).

Why: requests may have a list of parts there, and some gateways answer with one. A client that adds it to a text raises,
or shows the list.

In a scenario:

    faults: [content_list]
"""

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import Object
from mockserver.faults.deltas import text_of
from mockserver.faults.editing import each_document
from mockserver.faults.fault import Context, Fault, Nothing


def content_list(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with a list of one part for each piece of text."""
    return each_document(actions, _listed, "the answer has no text deltas of the OpenAI wire")


def _listed(event: Data, body: Object) -> bool:
    piece = text_of(body) if "choices" in body else None
    if piece is None:
        return False
    body["choices"][0]["delta"]["content"] = [{"type": "text", "text": piece[1]}]
    return True


FAULT = Fault(
    name="content_list",
    group="content",
    doc=__doc__,
    source="measured: content_list_delta",
    apply=content_list,
)
