"""Line separators and NUL in the text.

Why: models write any character. A decoder that takes U+2028 or U+0085 for the end of a line breaks the event there, and
databases refuse NUL.

In a scenario:

    faults: [odd_characters]
"""

from typing import ClassVar

import orjson
from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import need_stream
from mockserver.faults.deltas import pieces_of, text_of, with_literal
from mockserver.faults.editing import with_action
from mockserver.faults.fault import Context, Fault, Parameters


class Odd(Parameters):
    """The characters in the text."""

    main: ClassVar[str] = "text"
    text: str = Field(
        "\u2028\u0085\u0000", min_length=1, description="Characters that are put before the first delta's."
    )


def odd_characters(actions: Actions, parameters: Odd, context: Context) -> Actions:
    """Return the stream with these characters at the beginning of its text."""
    need_stream(actions)
    first = pieces_of(actions, text_of, "the answer has no text")[0]
    literal = orjson.dumps(parameters.text + first.text)
    return with_action(actions, first.place, with_literal(actions[first.place], literal))


FAULT = Fault(
    name="odd_characters",
    group="content",
    doc=__doc__,
    source="measured: u2028_raw_in_text, nul_escape_in_text",
    apply=odd_characters,
    parameters=Odd,
)
