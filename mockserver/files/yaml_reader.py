"""The reader of YAML files: bytes in, a `YamlDocument` of plain data with the place of every value out.

Rules:

- Data only. Tags, merge keys, directives and several documents are errors, each with the remedy.
- A plain scalar has the meaning of the YAML 1.2 core schema. The guesses of YAML 1.1 stay text: `yes`, `off`, `12:30`,
  `2024-01-01`, `1_000`. A quoted scalar is always text, and so is every key.
- The data can be written as JSON: no infinity, no integer beyond 64 bits, no lone surrogate.
- Everything is bounded: bytes, depth, problems, and values *after* aliases are expanded.
- One pass reports every mistake that it can find. A syntax error ends the pass; problems before it are still reported.

Theory: PyYAML's parser yields a flat stream of events. We build the tree from them with a stack of open collections
instead of PyYAML's `compose`, which recurses (in C, where depth is a crash) and expands aliases before it can be
stopped. Here depth and size are checked at each event, so the parser never runs ahead of the bounds. An alias shares
the nodes of its anchor, so a "billion laughs" file costs a few integers until its size passes the bound.
"""

import math
import re
from typing import TYPE_CHECKING

import msgspec
import yaml

from mockserver.core.errors import AuthorError, Problem
from mockserver.core.fast_yaml import SAFE_LOADER
from mockserver.files.yaml_document import Path, Scalar, YamlDocument, YamlMark, YamlNode, path_text
from mockserver.files.yaml_limits import SCENARIO, YamlLimits

if TYPE_CHECKING:
    from yaml._yaml import Mark as CMark

LONGEST_NUMBER = 64
"""The most characters of an integer that are read: 64 bits need 20."""
MAX_PROBLEMS = 100
"""The most problems that are reported at once."""

_BREAK = re.compile(r"\r\n|\r|\n")
# NEL and the two Unicode separators are line breaks to YAML 1.1 but not to editors: lines would be counted differently.
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*(%)")
_SURROGATE = re.compile("[\ud800-\udfff]")

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
    # a pattern of PyYAML's message, for both of its parsers | report it where the context starts | our message
    (r"quoted scalar.*(end of stream|document)", True, "the quote that opens here is never closed"),
    (r"invalid Unicode", False, "half of a surrogate pair; write the character itself"),
    (r"escape|hexadecimal|hexdecimal", False, 'unknown escape in "..."; double the backslash, or use single quotes'),
    (r"scanning an (alias|anchor)", True, "quote text that starts with * or &"),
    (r"block scalar", True, "text after | or > starts on the next line, indented; or quote text that starts with them"),
    (r"flow sequence.*expected ',' or", True, "this [ is not closed, or a comma or a quote is missing inside"),
    (r"flow mapping.*expected ',' or", True, "this { is not closed, or a comma or a quote is missing inside"),
    (r"sequence entries", False, "start the list on the line after its key"),
    (r"document start", False, "text after the end of the document; a file holds one document"),
    (r"expected ':'", True, "this line has no key; write 'key: value', or indent it to continue the line above"),
    (r"node content", False, "a value is missing here; quote text that starts with , ] or }"),
    (r"block (mapping|collection)|mapping values", False, _INDENTATION),
    (r"tag", True, "tags are not supported; quote text that starts with !"),
)


def read(source: bytes, file: str, limits: YamlLimits = SCENARIO) -> YamlDocument:
    """Return the document in `source`; `file` is its name in messages. Raises `AuthorError` with every problem."""
    lines = _BREAK.split(_decode(source, file, limits))
    builder = _Builder(file, lines, limits)
    try:
        for event in yaml.parse("\n".join(lines), Loader=SAFE_LOADER):
            builder.take(event)
    except _StopReadingError:
        pass
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets a few bad escapes out as ValueError or OverflowError.
        builder.broken(error)
    if builder.root is None and not builder.problems:
        builder.add_problem(YamlMark(1, 1), "the file is empty")
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
    if match := _UNREADABLE.search(text):
        name = f"U+{ord(match[0]):04X}"
        message = f'the invisible character {name} is not allowed in YAML; remove it, or write it as an escape in "..."'
        raise refuse(text[: match.start()], message)
    if match := _DIRECTIVE.match(text):
        message = "a line that starts with % is a YAML directive; remove it, or quote the text"
        raise refuse(text[: match.start(1)], message)
    return text


class _StopReadingError(Exception):
    """Reading must stop; the problems say why."""


class _Open(msgspec.Struct):
    """A mapping or list whose end has not been read yet. `key` is the key whose value comes next."""

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
        """Add the next item, or the value of `key`."""
        self.items.append(node)
        if self.key is not None:
            self.names.append(self.key)
            self.key = None

    def closed(self) -> YamlNode:
        """Return the finished node."""
        size = 1 + len(self.keys) + sum(item.size for item in self.items)
        height = 1 + max((item.height for item in self.items), default=0)
        content = dict(zip(self.names, self.items, strict=True)) if self.is_mapping else self.items
        return YamlNode(self.mark, content, self.keys, size, height)


class _Builder:
    """Builds one tree of nodes and a list of problems from events."""

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
                    self.stop(mark, "a second document starts here; remove the ---, a file holds one document")
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
                    self.add_problem(anchored, f"unused anchor &{name:.64}; quote text that starts with &")
                # The C parser's time is quadratic in directives, so it must not read those of a next document.
                if any(line.startswith("%") for line in self.lines[mark.line - 1 :]):
                    self.stop(mark, "text after the end of the document; a file holds one document")

    def add_problem(self, mark: YamlMark, message: str) -> None:
        """Add a problem at `mark`, in the value that is being read."""
        if len(self.problems) >= MAX_PROBLEMS:
            raise _StopReadingError
        self.problems.append(Problem(self.file, mark.line, mark.column, path_text(self._path()), message))

    def stop(self, mark: YamlMark, message: str) -> None:
        """Add a problem after which reading must stop."""
        self.add_problem(mark, message)
        raise _StopReadingError

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
            self.add_problem(mark, f"unsupported tag {name:.64}; remove it, or quote text that starts with !")

    def _open(self, event: yaml.CollectionStartEvent, mark: YamlMark) -> None:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        is_key = bool(self.stack) and self.stack[-1].wants_key
        if is_key and not any(level.is_key for level in self.stack):
            kind, sign = ("mapping", "{{") if is_mapping else ("list", "[")
            self.add_problem(mark, f"a {kind} cannot be a key; quote text that starts with {sign}")
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
            self.add_problem(mark, "half of a surrogate pair; write the character itself")
            value = ""
        elif plain and self.stack and self.stack[-1].wants_key:
            self._check_key(event.value, mark)
        elif plain:
            try:
                value = resolve(event.value, wide=self.limits.wide_integers)
            except ValueError as error:
                self.add_problem(mark, str(error))
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
            self.add_problem(mark, "a key is missing before the colon")
        elif text == "<<":
            self.add_problem(mark, "merge keys (<<) are not supported; write the keys out")
        elif not is_text and not (self.limits.number_keys and _INTEGER.fullmatch(text)):
            self.add_problem(mark, f"the key {text:.64} is not text; quote it")

    def _alias(self, name: str, mark: YamlMark) -> None:
        self.unused.pop(name, None)
        if name not in self.anchors:
            self.add_problem(mark, f"unknown anchor &{name:.64}; quote text that starts with *")
        elif self.anchors[name] is None:
            self.stop(mark, f"*{name:.64} refers to the value that contains it; write the value out")
        node = self.anchors.get(name) or YamlNode(mark, "")
        if self.stack and self.stack[-1].wants_key and not isinstance(node.content, str):
            self.add_problem(mark, f"*{name:.64} is not text and cannot be a key; write the key out")
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
            first = parent.keys[key].line
            self.add_problem(node.mark, f"duplicate key '{key:.64}', already in line {first}; remove one of them")
        parent.keys.setdefault(key, node.mark)
        parent.key = key


def resolve(text: str, *, wide: bool = False) -> Scalar:
    """Return the value of a plain scalar in YAML 1.2. Raises `ValueError` for a number that JSON lacks.

    With `wide`, an integer beyond 64 bits becomes a float.
    """
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
        raise ValueError("not a JSON number (infinite, too large or NaN); quote it if it is text")
    return float(text) if _FLOAT.fullmatch(text) else text


def _explain(parser_message: str, lines: list[str], mark: YamlMark, context: YamlMark) -> tuple[YamlMark, str]:
    """Return the place and the likely cause of a syntax error, in words for the author."""
    line = lines[mark.line - 1]
    margin = line[: len(line) - len(line.lstrip())]
    if "\t" in margin:
        return YamlMark(mark.line, margin.index("\t") + 1), "tabs cannot indent YAML; use spaces"
    if match := _BRACES.search(line):
        return YamlMark(mark.line, match.start(1) + 1), "quote text that starts with {{"
    if "node content" in parser_message and mark.line == len(lines) and not line[mark.column - 1 :]:
        return mark, "the file ends inside a [ or {; close it"
    if "any token" in parser_message and line[mark.column - 1 :]:
        return mark, f"quote text that starts with {line[mark.column - 1]}"
    if "expected" in parser_message and line[: mark.column - 1].rstrip().endswith(("'", '"')):
        return mark, "text after the closing quote; double a ' inside '...', or write \\\" inside \"...\""
    if "mapping values" in parser_message and ": " in line[: mark.column - 1]:
        return mark, "a second colon in one line; quote text that contains ': '"
    for number in (mark.line, mark.line - 1, context.line):
        if ("mapping values" in parser_message or "expected ':'" in parser_message) and (
            match := _NO_SPACE.match(lines[number - 1])
        ):
            return YamlMark(number, match.end(1) + 1), "put a space after the colon"
    for pattern, at_context, message in _CAUSES:
        if re.search(pattern, parser_message, re.DOTALL):
            return context if at_context else mark, message
    return mark, f"not valid YAML: {' '.join(parser_message.split()):.200}"
