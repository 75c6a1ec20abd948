"""A delta of a second choice, for which nobody asked (OpenAI).

Why: some gateways answer with several choices whatever `n` says. Clients that join all deltas mix the texts.

In a scenario:

    faults: [{second_choice: SECOND}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import document, first_document, need_stream
from mockserver.faults.editing import insert, with_document
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters


class SecondChoice(Parameters):
    """The second choice."""

    main: ClassVar[str] = "text"
    text: str = Field("Let me think.", min_length=1, description="The text of the second choice.")


def second_choice(actions: Actions, parameters: SecondChoice, context: Context) -> Actions:
    """Return the stream with a delta of choice 1 before its finish reason."""
    need_stream(actions)
    first = first_document(actions)
    if "choices" not in first:
        raise NoEffectError("only the OpenAI wire has choices")
    delta = context.wire.odd.text_delta(first, parameters.text)
    body = document(delta) or {}
    body["choices"][0]["index"] = 1
    return insert(actions, "finish", with_document(delta, body))


FAULT = Fault(
    name="second_choice",
    group="meaning",
    doc=__doc__,
    source="measured: n2_choices",
    apply=second_choice,
    parameters=SecondChoice,
    example="SECOND",
)
