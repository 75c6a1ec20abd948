"""A YAML document as data, with the place of every value and key, so that checks can report file:line:column."""

import re
from typing import TypeAlias

import msgspec

from mockserver.core.errors import Problem

Scalar: TypeAlias = str | int | float | bool | None
Data: TypeAlias = "dict[str, Data] | list[Data] | Scalar"
Path: TypeAlias = tuple[str | int, ...]

_PLAIN_WORD = re.compile(r"[\w-]{1,64}")


class YamlMark(msgspec.Struct, frozen=True, order=True):
    """A place in a file: line and column, both from 1, in characters."""

    line: int
    column: int


class YamlNode(msgspec.Struct, frozen=True):
    """A value with its place. `size` and `height` count the values and levels inside, aliases expanded."""

    mark: YamlMark
    content: "Scalar | dict[str, YamlNode] | list[YamlNode]"
    keys: dict[str, YamlMark] = {}
    size: int = 1
    height: int = 0

    def child(self, part: str | int) -> "YamlNode | None":
        """Return the node of a key or index, or None."""
        if isinstance(self.content, dict) and isinstance(part, str):
            return self.content.get(part)
        if isinstance(self.content, list) and isinstance(part, int) and 0 <= part < len(self.content):
            return self.content[part]
        return None

    def data(self) -> Data:
        """Return the plain value. Values that aliases share are copied."""
        if isinstance(self.content, dict):
            return {key: node.data() for key, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.data() for node in self.content]
        return self.content


class YamlDocument(msgspec.Struct, frozen=True):
    """The data of a file (`value`), and the place of each part of it (`mark`, `key_mark`)."""

    file: str
    value: Data
    root: YamlNode

    def mark(self, path: Path) -> YamlMark:
        """Return where the value at `path` starts, or its nearest existing ancestor."""
        return self._follow(path)[-1].mark

    def key_mark(self, path: Path) -> YamlMark:
        """Return where the last key of `path` is written; the same as `mark` if there is no such key."""
        nodes = self._follow(path)
        if len(nodes) == len(path) + 1 and path and isinstance(path[-1], str):
            return nodes[-2].keys[path[-1]]
        return nodes[-1].mark

    def written(self, path: Path) -> Path:
        """Return the path without parts that a short form added: `reply: hi` has no index 0 in the file."""
        node, parts = self.root, list[str | int]()
        for part in path:
            inner = node.child(part)
            if inner is not None:
                node = inner
                parts.append(part)
        return tuple(parts)

    def problem(self, path: Path, message: str, *, at_key: bool = False) -> Problem:
        """Return a problem of the value at `path`, or of its key."""
        mark = self.key_mark(path) if at_key else self.mark(path)
        return Problem(self.file, mark.line, mark.column, path_text(path), message)

    def _follow(self, path: Path) -> list[YamlNode]:
        """Return the nodes from the root along `path`, as far as it exists."""
        nodes = [self.root]
        for part in path:
            inner = nodes[-1].child(part)
            if inner is None:
                break
            nodes.append(inner)
        return nodes


def path_text(path: Path) -> str:
    """Return a path as people write it: `turns[2].when.last`."""
    text = ""
    for part in path:
        if isinstance(part, str) and _PLAIN_WORD.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r:.64}]"
    return text
