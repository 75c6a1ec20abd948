"""Blank lines before everything; in a whole answer, before its JSON.

Why: servers that work for long on a whole answer send blanks as keep-alives, which JSON allows before a value.

In a scenario:

    faults: [blank_lines]
"""

from mockserver.core.actions import Actions
from mockserver.faults.editing import with_prefix
from mockserver.faults.fault import Context, Fault, Nothing, Stage


def blank_lines(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer with two line ends before its body."""
    return with_prefix(actions, b"\n\n")


FAULT = Fault(
    name="blank_lines",
    group="framing",
    doc=__doc__,
    source="measured: leading_blank_lines, ns_leading_whitespace_keepalive",
    apply=blank_lines,
    stage=Stage.LINE_ENDS,
)
