"""The text of every delta (or the whole answer's) is null.

Why: answers that are nothing but calls have null for their text on the OpenAI wire, and gateways translate that to the
other wire. Some measured clients show the word null.

In a scenario:

    faults: [content_null]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.fields import Edit, edit

_PLACES = (
    ("whole", "choices.0.message.content"),
    ("whole", "content.*.text"),
    ("text", "choices.0.delta.content"),
    ("content_block_delta", "delta.text"),
    ("whole", "output.*.content.*.text"),
    ("response.output_text.delta", "delta"),
)
"""Where an answer has its text."""


def content_null(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer with null wherever it has text."""
    edits = [Edit(event, path, None, only=True) for event, path in _PLACES]
    return edit(actions, edits, "the answer has no text")


FAULT = Fault(
    name="content_null",
    group="meaning",
    doc=__doc__,
    source="measured: content_null_delta, ns_content_null",
    apply=content_null,
)
