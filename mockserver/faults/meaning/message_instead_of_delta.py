"""Chunks with `message` where `delta` belongs (OpenAI).

Why: gateways that cut a whole answer into chunks forget to rename it. Vercel's clients show an empty answer; the
official SDKs raise.

In a scenario:

    faults: [message_instead_of_delta]
"""

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import Object
from mockserver.faults.editing import each_document
from mockserver.faults.fault import Context, Fault, Nothing


def message_instead_of_delta(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with `message` instead of `delta`."""
    return each_document(actions, _rename, "the answer has no deltas of the OpenAI wire")


def _rename(event: Data, body: Object) -> bool:
    choices = [choice for choice in body.get("choices") or () if event.event and "delta" in choice]
    for choice in choices:
        choice["message"] = choice.pop("delta")
    return bool(choices)


FAULT = Fault(
    name="message_instead_of_delta",
    group="meaning",
    doc=__doc__,
    source="measured: message_instead_of_delta",
    apply=message_instead_of_delta,
)
