"""Turns added to a scenario file: its own text stays byte for byte, comments included, and the new turns follow.

The turns of a file must be the last thing in it, and stand on lines of their own, as in every file of the
documentation; then a text can be added to them. Anything else is refused with the remedy.
"""

import textwrap
from collections.abc import Sequence

import yaml

from mockserver.core.errors import OperatorError
from mockserver.recording.document import turn_text
from mockserver.recording.scenario import Turn


def appended(text: str, turns: Sequence[Turn], file: str) -> str:
    """Return a scenario file with more turns. Raises `OperatorError` if its form does not allow that."""
    indent = " " * _column(text, file)
    added = [textwrap.indent(textwrap.dedent(turn_text(turn)), indent) for turn in turns]
    return (text if text.endswith("\n") else f"{text}\n") + "".join(added)


def _column(text: str, file: str) -> int:
    """Return the column of the turns of a file."""
    root = yaml.compose(text, yaml.SafeLoader)
    last = root.value[-1] if isinstance(root, yaml.MappingNode) and root.value else None
    if last is None or last[0].value != "turns" or not isinstance(last[1], yaml.SequenceNode) or last[1].flow_style:
        raise OperatorError(
            f"{file}: turns can be added only where `turns` is the last key and each turn begins on a line of its own"
        )
    column: int = last[1].start_mark.column
    return column
