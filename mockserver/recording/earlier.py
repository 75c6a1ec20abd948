"""The file that a recording replaces: what says the same in it stays byte for byte, comments included.

Two turns say the same if they differ in nothing but their times and token counts: no two runs measure the same.
"""

from collections.abc import Iterator, Mapping

import yaml

from mockserver.core import fast_yaml
from mockserver.core.conversation import Json

MEASURED = ("pace", "usage")
"""Keys of a turn whose values differ from run to run."""


class EarlierFile:
    """The text of an earlier recording of this name; it keeps nothing if it is none."""

    def __init__(self, text: str, name: str) -> None:
        self.head = ""
        """Everything before the first turn, or ""."""
        self._turns: list[tuple[Json, str]] = []
        try:
            value = fast_yaml.load(text)
            starts = list(_starts(text))
        except yaml.YAMLError:
            return
        if not starts or value.get("scenario") != name:
            return
        lines = text.splitlines(keepends=True)
        self.head = "".join(lines[: starts[0]])
        ends = [*starts[1:], len(lines)]
        texts = ["".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
        self._turns = [(_meaning(turn), text) for turn, text in zip(value["turns"], texts, strict=True)]

    def text_of(self, turn: Mapping[str, Json]) -> str | None:
        """Return the text of the first turn that says the same and was not returned before, or None."""
        meaning = _meaning(turn)
        for index, (earlier, text) in enumerate(self._turns):
            if earlier == meaning:
                del self._turns[index]
                return text if text.endswith("\n") else text + "\n"
        return None


def _meaning(turn: Json) -> Json:
    """Return a turn without what differs from run to run."""
    if not isinstance(turn, dict):
        return turn
    return {name: value for name, value in turn.items() if name not in MEASURED}


def _starts(text: str) -> Iterator[int]:
    """Yield the line on which each turn begins, its comments included; none for a file of another form."""
    root = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return
    lines = text.splitlines()
    turns = next((value for key, value in root.value if key.value == "turns"), None)
    if not isinstance(turns, yaml.SequenceNode) or turns.flow_style:
        return
    for item in turns.value:
        line = item.start_mark.line
        while line and lines[line - 1].lstrip().startswith("#"):
            line -= 1
        yield line
