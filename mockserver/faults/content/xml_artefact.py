"""A <tool_call> left in the text, beside or instead of the proper call.

Why: open models such as qwen write their calls as XML, and the gateway that should turn them into calls leaves some in
the text (D1).

In a scenario:

    faults: [xml_artefact]
"""

from typing import ClassVar

import orjson
from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import need_stream, whole_of
from mockserver.faults.deltas import pieces_of, text_of, with_literal
from mockserver.faults.editing import with_action
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters


class Artefact(Parameters):
    """The text that is left."""

    main: ClassVar[str] = "text"
    text: str | None = Field(None, description="The text; without it the answer's first call as XML.")


def xml_artefact(actions: Actions, parameters: Artefact, context: Context) -> Actions:
    """Return the stream with one more delta at the end of its text."""
    need_stream(actions)
    text = parameters.text if parameters.text is not None else _first_call(actions, context)
    texts = pieces_of(actions, text_of, "the answer has no text to leave it in")
    last = texts[-1]
    if last.owner != texts[0].owner:
        raise NoEffectError("the answer has several blocks of text")
    delta = with_literal(actions[last.place], orjson.dumps("\n" + text))
    return with_action(actions, last.place, actions[last.place], delta)


def _first_call(actions: Actions, context: Context) -> str:
    """Return the first call of the answer as XML, or one of a common tool."""
    name, arguments = "read_file", '{"path": "/tmp/test.txt"}'
    for _, called, written in context.wire.reader.calls(whole_of(actions, context.wire)):
        name, arguments = called, written or "{}"
        break
    call = orjson.dumps({"name": name, "arguments": orjson.loads(arguments)}).decode()
    return f"<tool_call>\n{call}\n</tool_call>"


FAULT = Fault(
    name="xml_artefact",
    group="content",
    doc=__doc__,
    source="D1: qwen; measured: xml_tool_artifact",
    apply=xml_artefact,
    parameters=Artefact,
)
