"""The document of a recording: YAML as a person would write it, the same for the same turns.

Rules:

- A text of several lines is a block scalar. A list or mapping that fits on a line is written on one.
- Keys are in the order of the documentation: `when`, then the answer, then what shapes it.
- A text that some YAML parser might take for something else is quoted.
"""

import re
from collections.abc import Mapping
from io import StringIO

import yaml

WIDTH = 100
"""The most characters of a mapping or list on one line."""

LINE = 112
"""The characters of a line after which a long text is folded."""

ORDER = ("when", "reply", "error", "response", "times", "stop", "usage", "pace", "headers", "faults", "then", "must")
"""The keys of a turn, as they are written."""

STANDING = frozenset({"turns", "reply"})
"""Keys whose lists always have a line for each item, and whose items have one for each key."""

ITEM = "item of a standing list"

PLAIN = re.compile(r"/?[^\W\d](?:[\w .,/'!?()+=;-]*[\w.!?)])?|\d+(?:\.\d+)?(?:ms|s|/s)")
"""Texts that every YAML parser reads as text, except for its own words, which the writer quotes."""

_RECORDED = re.compile(r"^recorded: *[\"']?[\d-]+[\"']?", re.MULTILINE)
_FLOW = re.compile(r"[,?]")
"""What a plain text on a line with others may not have."""
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_TAG = "tag:yaml.org,2002:"


def ordered(turn: Mapping[str, object]) -> dict[str, object]:
    """Return the keys of a turn in the order of the documentation."""
    return {name: turn[name] for name in ORDER if name in turn}


def head_text(name: str, about: str = "", on: str = "") -> str:
    """Return the beginning of a scenario file, up to its turns. `on` is the day of its recording."""
    head = {"scenario": name, **({"about": about} if about else {}), **({"recorded": on} if on else {})}
    return written(head) + "turns:\n"


def dated(head: str, on: str) -> str:
    """Return the beginning of an earlier file with the day of the new recording, if it names one."""
    return _RECORDED.sub(f'recorded: "{on}"', head) if on else head


def turn_text(turn: Mapping[str, object]) -> str:
    """Return one item of `turns`, indented as in the file."""
    lines = written([ordered(turn)], "turns").splitlines(keepends=True)
    return "".join([f"  {line}" if line.strip() else line for line in lines])


def written(value: object, key: str = ITEM) -> str:
    """Return a value as YAML. `key` is the key that it stands under."""
    return yaml.serialize(_node(value, key), Dumper=_Dumper, allow_unicode=True, width=LINE)


class _Dumper(yaml.SafeDumper):
    """A writer that indents the items of lists, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_DUMPER = _Dumper(StringIO())


def _node(value: object, key: str, flow: bool = False) -> yaml.Node:
    """Return the node of a value; `key` is the key that it stands under, `flow` says that it stands on a line."""
    if isinstance(value, str):
        return _text_node(value, flow)
    if isinstance(value, Mapping):
        is_flow = flow or (key != ITEM and _fits(value))
        pairs = [(_node(str(name), "", True), _node(item, str(name), is_flow)) for name, item in value.items()]
        return yaml.MappingNode(f"{_TAG}map", pairs, flow_style=is_flow)
    if isinstance(value, list | tuple):
        is_flow = flow or (key not in STANDING and _fits(value))
        items = [_node(item, ITEM if key in STANDING else "", is_flow) for item in value]
        return yaml.SequenceNode(f"{_TAG}seq", items, flow_style=is_flow)
    return _DUMPER.represent_data(value)


def _text_node(text: str, flow: bool) -> yaml.ScalarNode:
    if not flow and _fits_block(text):
        if "\n" in text:
            return yaml.ScalarNode(f"{_TAG}str", text, style="|")
        if len(text) > LINE and "  " not in text:
            return yaml.ScalarNode(f"{_TAG}str", text, style=">")
    is_plain = PLAIN.fullmatch(text) is not None and text.lower() not in _WORDS and not (flow and _FLOW.search(text))
    return yaml.ScalarNode(f"{_TAG}str", text, style=None if is_plain else '"')


def _fits_block(text: str) -> bool:
    """Return whether a block scalar can hold a text unchanged and readably."""
    lines = text.removesuffix("\n").split("\n")
    if not lines[0] or not lines[-1] or lines[0].startswith(" "):
        return False
    return all(line.isprintable() and line == line.rstrip() for line in lines)


def _fits(value: object) -> bool:
    """Return whether a list or mapping can be written on one line."""
    return len(str(value)) <= WIDTH and not any("\n" in text for text in _strings(value))


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for item in pair for text in _strings(item)]
    return [text for item in value for text in _strings(item)] if isinstance(value, list | tuple) else []
