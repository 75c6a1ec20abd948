"""Turns added to a scenario file: its own text stays byte for byte, comments included, and the new turns follow.

The file beside it gets their exact answers, so that `replay: exact` holds for them too.

The turns of a file must be the last thing in it, and stand on lines of their own, as in every file of the
documentation; then a text can be added to them. Anything else is refused with the remedy.
"""

import textwrap
from collections.abc import Sequence

import yaml

from mockserver.core.errors import OperatorError
from mockserver.openapi.contract import Contract
from mockserver.recording.document import turn_text
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.redaction import Redaction
from mockserver.recording.scenario import Recording, Turn, refuse_secrets, turns_and_frames


def extended(
    before: Recording, exchanges: Sequence[RecordedExchange], contract: Contract, name: str, redaction: Redaction
) -> Recording:
    """Return a recording with the turns and exact answers of more exchanges. `name` is its file, for messages.

    Raises `OperatorError` if the form of the file does not allow that, or a secret would be in what is added.
    """
    turns, frames = turns_and_frames(exchanges, contract, redaction)
    text = appended(before.scenario, turns, name)
    refuse_secrets(text.removeprefix(before.scenario) + frames, name, redaction)
    return Recording(text, with_newline(before.frames) + frames)


def appended(text: str, turns: Sequence[Turn], file: str) -> str:
    """Return a scenario file with more turns. Raises `OperatorError` if its form does not allow that."""
    indent = " " * _column(text, file)
    added = [textwrap.indent(textwrap.dedent(turn_text(turn)), indent) for turn in turns]
    return with_newline(text) + "".join(added)


def with_newline(text: str) -> str:
    """Return a text whose last line, if it has one, is complete."""
    return f"{text}\n" if text and not text.endswith("\n") else text


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
