"""YAML as data, with the place of everything.

`read` turns the bytes of a file into plain values (dict, list, str, int, float, bool, None) and remembers where each
value and key was written, so that whoever checks the values can say file:line:column.

Rules:

- Data only. Tags, merge keys, directives and several documents are refused, each with the remedy.
- A plain scalar means what the YAML 1.2 core schema says. What YAML 1.1 guesses stays text: `yes`, `off`, `12:30`,
  `2024-01-01`, `1_000`. A quoted scalar is always text, and so is every key.
- What comes out can be written as JSON: no infinity, no integer beyond 64 bits, no lone surrogate.
- Everything is bounded: bytes, depth, problems, and values *after* aliases are expanded.
- One pass finds every mistake that it can. A syntax error ends the pass; what was found before it is still told.

Theory: PyYAML's parser gives a flat stream of events. We build the tree from them ourselves with a stack of open
collections, not with PyYAML's `compose`: that recurses (in C, where depth is a crash) and expands before it can be
stopped. Here depth and size are checked at each event, so the parser never runs ahead of the bounds. An alias shares
the nodes of its anchor, so a "billion laughs" file costs a few integers until its size passes the bound.
"""

import math
import re
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import yaml

from mockserver.core.errors import AuthorError, Problem
from mockserver.core.fast_yaml import SAFE_LOADER
from mockserver.files.yaml_limits import MAX_BYTES as MAX_BYTES
from mockserver.files.yaml_limits import MAX_DEPTH as MAX_DEPTH
from mockserver.files.yaml_limits import MAX_NODES as MAX_NODES
from mockserver.files.yaml_limits import SCENARIO, YamlLimits

if TYPE_CHECKING:
    from yaml._yaml import Mark as CMark

LONGEST_NUMBER = 64
"""The most characters of an integer that are worth reading: 64 bits need 20."""
MAX_PROBLEMS = 100
"""The most problems told at once; beyond that the file is not what its author thinks it is."""


Scalar: TypeAlias = str | int | float | bool | None
Data: TypeAlias = "dict[str, Data] | list[Data] | Scalar"
Path: TypeAlias = tuple[str | int, ...]

_BREAK = re.compile(r"\r\n|\r|\n")
# NEL and the two Unicode separators are line breaks to YAML 1.1 but not to editors: lines would be counted differently.
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*(%)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_WORD = re.compile(r"[\w-]{1,64}")

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

_BRACES = re.compile(r"(?:^|[:,\[-])\s+(\{\{)")
_NO_SPACE = re.compile(r"\s*(?:- )?[\w-]+(:)(?!//)\S")
_INDENTATION = "bad indentation: line up the keys of one mapping, and the dashes of one list"
_CAUSES: tuple[tuple[str, bool, str], ...] = (
    # What PyYAML's context and problem say (both parsers' words) | blame where the context starts | our words
    (r"quoted scalar.*(end of stream|document)", True, "the quote that opens here is never closed"),
    (r"invalid Unicode", False, "half a surrogate pair is no character; write the character itself"),
    (r"escape|hexadecimal|hexdecimal", False, 'no such escape in "..."; double the backslash, or use single quotes'),
    (r"scanning an (alias|anchor)", True, "quote text that starts with * or &"),
    (r"block scalar", True, "text after | or > starts on the next line, indented; or quote text that starts with them"),
    (r"flow sequence.*expected ',' or", True, "this [ is not closed, or a comma or a quote is missing inside"),
    (r"flow mapping.*expected ',' or", True, "this { is not closed, or a comma or a quote is missing inside"),
    (r"sequence entries", False, "a list starts on the line after its key"),
    (r"document start", False, "something follows the end of the document; one file holds one document"),
    (r"expected ':'", True, "this line has no key; write 'key: value', or indent it to go on with the line above"),
    (r"node content", False, "a value is missing here; quote text that starts with , ] or }"),
    (r"block (mapping|collection)|mapping values", False, _INDENTATION),
    (r"tag", True, "tags are not read here; quote text that starts with !"),
)


class YamlMark(msgspec.Struct, frozen=True, order=True):
    """A place in a file: line and column, both from 1, in characters."""

    line: int
    column: int


class YamlNode(msgspec.Struct, frozen=True):
    """A value in its place. `size` and `height` count what is inside, aliases expanded."""

    mark: YamlMark
    content: "Scalar | dict[str, YamlNode] | list[YamlNode]"
    keys: dict[str, YamlMark] = {}
    size: int = 1
    height: int = 0

    def child(self, part: str | int) -> "YamlNode | None":
        """The node of a key or index, or None."""
        if isinstance(self.content, dict) and isinstance(part, str):
            return self.content.get(part)
        if isinstance(self.content, list) and isinstance(part, int) and 0 <= part < len(self.content):
            return self.content[part]
        return None

    def data(self) -> Data:
        """The plain value; what aliases share is copied."""
        if isinstance(self.content, dict):
            return {key: node.data() for key, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.data() for node in self.content]
        return self.content


class YamlDocument(msgspec.Struct, frozen=True):
    """What a file says (`value`), and where it says it (`mark`, `key_mark`)."""

    file: str
    value: Data
    root: YamlNode

    def mark(self, path: Path) -> YamlMark:
        """Where the value at `path` starts; if there is none, its nearest existing ancestor."""
        return self._follow(path)[-1].mark

    def key_mark(self, path: Path) -> YamlMark:
        """Where the key that ends `path` is written; if there is none, as `mark`."""
        nodes = self._follow(path)
        if len(nodes) == len(path) + 1 and path and isinstance(path[-1], str):
            return nodes[-2].keys[path[-1]]
        return nodes[-1].mark

    def written(self, path: Path) -> Path:
        """The path without the parts that a short form has made up: `reply: hi` is written without an index 0."""
        node, parts = self.root, list[str | int]()
        for part in path:
            inner = node.child(part)
            if inner is not None:
                node = inner
                parts.append(part)
        return tuple(parts)

    def problem(self, path: Path, message: str, *, at_key: bool = False) -> Problem:
        """A problem of the value at `path`, or of its key."""
        mark = self.key_mark(path) if at_key else self.mark(path)
        return Problem(self.file, mark.line, mark.column, path_text(path), message)

    def _follow(self, path: Path) -> list[YamlNode]:
        """The nodes from the root along `path`, as far as it exists."""
        nodes = [self.root]
        for part in path:
            inner = nodes[-1].child(part)
            if inner is None:
                break
            nodes.append(inner)
        return nodes


def path_text(path: Path) -> str:
    """A path as a person writes it: `turns[2].when.last`."""
    text = ""
    for part in path:
        if isinstance(part, str) and _PLAIN_WORD.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r:.64}]"
    return text


def read(source: bytes, file: str, limits: YamlLimits = SCENARIO) -> YamlDocument:
    """The document in `source`; `file` is its name in messages. Raises `AuthorError` with every problem."""
    lines = _BREAK.split(_decode(source, file, limits))
    builder = _Builder(file, lines, limits)
    try:
        for event in yaml.parse("\n".join(lines), Loader=SAFE_LOADER):
            builder.take(event)
    except _EnoughError:
        pass
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets a few bad escapes out as ValueError or OverflowError.
        builder.broken(error)
    if builder.root is None and not builder.problems:
        builder.blame(YamlMark(1, 1), "the file is empty")
    if builder.problems or builder.root is None:
        raise AuthorError(builder.problems)
    return YamlDocument(file, builder.root.data(), builder.root)


def _decode(source: bytes, file: str, limits: YamlLimits) -> str:
    def refuse(before: str, message: str) -> AuthorError:
        lines = _BREAK.split(before)
        return AuthorError([Problem(file, len(lines), len(lines[-1]) + 1, "", message)])

    if len(source) > limits.bytes:
        raise refuse("", f"the file is larger than {limits.bytes // 1024} KiB; split it")
    if source.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        raise refuse("", "the file is UTF-16 or UTF-32; save it as UTF-8")
    try:
        text = source.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode().removeprefix("\ufeff")
        raise refuse(before, f"byte 0x{source[error.start]:02x} is not UTF-8; save the file as UTF-8") from None
    if found := _UNREADABLE.search(text):
        name = f"U+{ord(found[0]):04X}"
        message = f'the invisible character {name} cannot stand in YAML; remove it, or write it as an escape in "..."'
        raise refuse(text[: found.start()], message)
    if found := _DIRECTIVE.match(text):
        message = "a line that starts with % is a YAML directive; remove it, or quote the text"
        raise refuse(text[: found.start(1)], message)
    return text


class _EnoughError(Exception):
    """Reading must not go on; the problems say why."""


class _Open(msgspec.Struct):
    """A mapping or list whose end has not been read yet. `key` is the key that still waits for its value."""

    mark: YamlMark
    anchor: str | None
    is_mapping: bool
    is_key: bool
    items: list[YamlNode]
    names: list[str]
    keys: dict[str, YamlMark]
    key: str | None = None

    @property
    def wants_key(self) -> bool:
        return self.is_mapping and self.key is None

    def add(self, node: YamlNode) -> None:
        """Take the next item, or the value of `key`."""
        self.items.append(node)
        if self.key is not None:
            self.names.append(self.key)
            self.key = None

    def closed(self) -> YamlNode:
        """The finished node."""
        size = 1 + len(self.keys) + sum(item.size for item in self.items)
        height = 1 + max((item.height for item in self.items), default=0)
        content = dict(zip(self.names, self.items, strict=True)) if self.is_mapping else self.items
        return YamlNode(self.mark, content, self.keys, size, height)


class _Builder:
    """Events in, one tree of nodes and a list of problems out."""

    def __init__(self, file: str, lines: list[str], limits: YamlLimits) -> None:
        self.file = file
        self.limits = limits
        self.lines = lines
        self.problems: list[Problem] = []
        self.root: YamlNode | None = None
        self.stack: list[_Open] = []
        self.anchors: dict[str, YamlNode | None] = {}
        self.unused: dict[str, YamlMark] = {}
        self.size = 0
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        """Read one more event."""
        mark = self._place(event.start_mark)
        if isinstance(event, yaml.NodeEvent):
            self._check_tag(event, mark)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.stop(mark, "a second document starts here; one file holds one document, remove the ---")
            case yaml.CollectionStartEvent():
                self._open(event, mark)
            case yaml.CollectionEndEvent():
                done = self.stack.pop()
                self._finish(done.closed(), done.anchor)
            case yaml.ScalarEvent():
                self._scalar(event, mark)
            case yaml.AliasEvent():
                self._alias(event.anchor or "", mark)
            case yaml.DocumentEndEvent():
                for name, anchored in self.unused.items():
                    self.blame(anchored, f"nothing refers to &{name:.64}; quote text that starts with &")
                # The C parser's time is quadratic in directives, so it must not read those of a next document.
                if any(line.startswith("%") for line in self.lines[mark.line - 1 :]):
                    self.stop(mark, "something follows the end of the document; one file holds one document")

    def blame(self, mark: YamlMark, message: str) -> None:
        """Add a problem at `mark`, in the value that is being read."""
        if len(self.problems) >= MAX_PROBLEMS:
            raise _EnoughError
        self.problems.append(Problem(self.file, mark.line, mark.column, path_text(self._path()), message))

    def stop(self, mark: YamlMark, message: str) -> None:
        """Add a problem after which reading makes no sense or costs too much."""
        self.blame(mark, message)
        raise _EnoughError

    def broken(self, error: Exception) -> None:
        """Add the problem of a syntax error, unless its line has been blamed already: that was the cause."""
        place, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        mark, message = _explain(str(error), self.lines, self._place(place), self._place(context or place))
        if "maximum nesting depth" in str(error):  # libyaml 0.2.6 has a bound of its own, which it may reach before us
            message = f"nested deeper than {self.limits.depth} levels; flatten it"
        if all(problem.line != mark.line for problem in self.problems):
            self.problems.append(Problem(self.file, mark.line, mark.column, "", message))

    def _place(self, mark: "yaml.Mark | CMark | None") -> YamlMark:
        if mark is None:
            return YamlMark(1, 1)
        if mark.line >= len(self.lines):  # libyaml's end of a file without a last line break
            return YamlMark(len(self.lines), len(self.lines[-1]) + 1)
        return YamlMark(mark.line + 1, min(mark.column, len(self.lines[mark.line])) + 1)

    def _path(self) -> Path:
        parts = (level.key if level.is_mapping else len(level.items) for level in self.stack)
        return tuple(part for part in parts if part is not None)

    def _check_tag(self, event: yaml.NodeEvent, mark: YamlMark) -> None:
        tag = getattr(event, "tag", None)
        if tag:
            name = repr(tag.replace("tag:yaml.org,2002:", "!!"))[1:-1]
            self.blame(mark, f"the tag {name:.64} is not read here; remove it, or quote text that starts with !")

    def _open(self, event: yaml.CollectionStartEvent, mark: YamlMark) -> None:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        is_key = bool(self.stack) and self.stack[-1].wants_key
        if is_key and not any(level.is_key for level in self.stack):
            kind, sign = ("mapping", "{{") if is_mapping else ("list", "[")
            self.blame(mark, f"a {kind} cannot be a key; quote text that starts with {sign}")
        if len(self.stack) >= self.limits.depth:
            self.stop(mark, f"nested deeper than {self.limits.depth} levels; flatten it")
        self._count(1, mark)
        if event.anchor:
            self.anchors[event.anchor] = None
            self.unused[event.anchor] = mark
        self.stack.append(_Open(mark, event.anchor, is_mapping, is_key, [], [], {}))

    def _scalar(self, event: yaml.ScalarEvent, mark: YamlMark) -> None:
        plain = event.style in (None, "")
        value: Scalar = event.value
        if _SURROGATE.search(event.value):
            self.blame(mark, "half a surrogate pair is no character; write the character itself")
            value = ""
        elif plain and self.stack and self.stack[-1].wants_key:
            self._check_key(event.value, mark)
        elif plain:
            try:
                value = resolve(event.value, wide=self.limits.wide_integers)
            except ValueError as error:
                self.blame(mark, str(error))
        self._count(1, mark)
        if event.anchor:
            self.unused[event.anchor] = mark
        if not (not self.stack and plain and event.value == ""):  # `---` and nothing more is an empty file
            self._finish(YamlNode(mark, value), event.anchor)

    def _check_key(self, text: str, mark: YamlMark) -> None:
        try:
            is_text = isinstance(resolve(text), str)
        except ValueError:
            is_text = False
        if text == "":
            self.blame(mark, "a key is missing before the colon")
        elif text == "<<":
            self.blame(mark, "merge keys (<<) are not read here; write the keys out")
        elif not is_text and not (self.limits.number_keys and _INTEGER.fullmatch(text)):
            self.blame(mark, f"the key {text:.64} is not text; quote it")

    def _alias(self, name: str, mark: YamlMark) -> None:
        self.unused.pop(name, None)
        if name not in self.anchors:
            self.blame(mark, f"there is no anchor &{name:.64} above; quote text that starts with *")
        elif self.anchors[name] is None:
            self.stop(mark, f"*{name:.64} stands inside &{name:.64} itself; write the value out")
        node = self.anchors.get(name) or YamlNode(mark, "")
        if self.stack and self.stack[-1].wants_key and not isinstance(node.content, str):
            self.blame(mark, f"*{name:.64} is not text and cannot be a key; write the key out")
        if len(self.stack) + node.height > self.limits.depth:
            self.stop(mark, f"nested deeper than {self.limits.depth} levels; flatten it")
        self._count(node.size, mark)
        self._finish(msgspec.structs.replace(node, mark=mark), None)

    def _count(self, size: int, mark: YamlMark) -> None:
        self.size += size
        if self.size > self.limits.nodes:
            self.stop(mark, f"more than {self.limits.nodes:,} values, aliases expanded; split the file")

    def _finish(self, node: YamlNode, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
        elif self.stack[-1].wants_key:
            self._name(self.stack[-1], node)
        else:
            self.stack[-1].add(node)

    def _name(self, parent: _Open, node: YamlNode) -> None:
        key = node.content if isinstance(node.content, str) else f"<key {len(parent.items)}>"
        if key in parent.keys:
            here, first = node.mark.line, parent.keys[key].line
            self.blame(node.mark, f"the key '{key:.64}' in line {here} is already in line {first}; keep one of them")
        parent.keys.setdefault(key, node.mark)
        parent.key = key


def resolve(text: str, *, wide: bool = False) -> Scalar:
    """What a plain scalar means in YAML 1.2 (`wide`: large integers as floats); `ValueError` for what JSON lacks."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        base = {"0x": 16, "0o": 8}.get(text[:2], 10)
        if wide and base == 10 and len(text) <= LONGEST_NUMBER and not -(2**63) <= int(text) < 2**64:
            return float(text)
        if len(text) > LONGEST_NUMBER or not -(2**63) <= int(text, base) < 2**64:
            raise ValueError("this integer does not fit in 64 bits; quote it if it is text")
        return int(text, base)
    if _NOT_FINITE.fullmatch(text) or (_FLOAT.fullmatch(text) and not math.isfinite(float(text))):
        raise ValueError("JSON has no such number (infinite, too large, or not a number); quote it if it is text")
    return float(text) if _FLOAT.fullmatch(text) else text


def _explain(said: str, lines: list[str], mark: YamlMark, context: YamlMark) -> tuple[YamlMark, str]:
    """The place and the likely cause of a syntax error, in words for the author."""
    line = lines[mark.line - 1]
    margin = line[: len(line) - len(line.lstrip())]
    if "\t" in margin:
        return YamlMark(mark.line, margin.index("\t") + 1), "tabs cannot indent YAML; use spaces"
    if found := _BRACES.search(line):
        return YamlMark(mark.line, found.start(1) + 1), "quote text that starts with {{"
    if "node content" in said and mark.line == len(lines) and not line[mark.column - 1 :]:
        return mark, "the file ends inside a [ or {; close it"
    if "any token" in said and line[mark.column - 1 :]:
        return mark, f"quote text that starts with {line[mark.column - 1]}"
    if "expected" in said and line[: mark.column - 1].rstrip().endswith(("'", '"')):
        return mark, "the text goes on after its closing quote; double a ' inside '...', or write \\\" inside \"...\""
    if "mapping values" in said and ": " in line[: mark.column - 1]:
        return mark, "a second colon in one line; quote text that contains ': '"
    for number in (mark.line, mark.line - 1, context.line):
        if ("mapping values" in said or "expected ':'" in said) and (found := _NO_SPACE.match(lines[number - 1])):
            return YamlMark(number, found.end(1) + 1), "put a space after the colon"
    for pattern, at_context, message in _CAUSES:
        if re.search(pattern, said, re.DOTALL):
            return context if at_context else mark, message
    return mark, f"this is not YAML: {' '.join(said.split()):.200}"
