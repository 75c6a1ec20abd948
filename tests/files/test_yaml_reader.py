"""The YAML reader: what is read, what is refused with which message, the places of values, and the bounds."""

import sys
import tracemalloc
from itertools import pairwise

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.errors import AuthorError
from mockserver.files import yaml_limits, yaml_reader
from mockserver.files.yaml_document import Data, Path, YamlDocument, YamlMark, path_text
from mockserver.files.yaml_reader import read

EVERY_PARSER = [getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader]


@pytest.fixture(params=EVERY_PARSER, ids=["fast", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test with libyaml, and with PyYAML's own parser."""
    monkeypatch.setattr(yaml_reader, "SAFE_LOADER", request.param)


def refusals(source: str | bytes) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        read(source if isinstance(source, bytes) else source.encode(), "f")
    return [str(problem) for problem in caught.value.problems]


SCALARS: list[tuple[str, Data]] = [
    ("true", True),
    ("False", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("12", 12),
    ("-3", -3),
    ("+3", 3),
    ("007", 7),
    ("0x1F", 31),
    ("0o17", 15),
    ("18446744073709551615", 2**64 - 1),
    ("-9223372036854775808", -(2**63)),
    ("1.5", 1.5),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("-2.", -2.0),
    ("yes", "yes"),
    ("No", "No"),
    ("on", "on"),
    ("off", "off"),
    ("12:30", "12:30"),
    ("2024-01-01", "2024-01-01"),
    ("1_000", "1_000"),
    ("0b11", "0b11"),
    ("=", "="),
    ("tRuE", "tRuE"),
    ("٣", "٣"),
    ("'12'", "12"),
    ('"true"', "true"),
    ("''", ""),
    ('"\\u00e9\\U0001f600\\0"', "é😀\0"),
    ("|\n  two\n  lines\n", "two\nlines\n"),
    (">-\n  one\n  line", "one line"),
    ("[1, [a, {b: c}]]", [1, ["a", {"b": "c"}]]),
    ("{}", {}),
    ("\n  - a\n  - b: c\n    d: e\n", ["a", {"b": "c", "d": "e"}]),
]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_a_value_means_what_the_core_schema_says(text: str, value: Data) -> None:
    data = read(f"key: {text}".encode(), "f").value
    assert data == {"key": value}
    assert isinstance(data, dict)
    assert type(data["key"]) is type(value)


REFUSED = [
    # tags, keys, merge keys
    ("a: !!python/name:os.system x", "f:1:4: a: unsupported tag !!python/name:os.system; remove it, or quote"),
    ("a: !foo x", "f:1:4: a: unsupported tag !foo; remove it, or quote text that starts with !"),
    ("a: ! x", "f:1:4: a: unsupported tag !"),
    ("- !!set {a}", "f:1:3: [0]: unsupported tag !!set"),
    ("a: 1\nb: 2\na: 3", "f:3:1: duplicate key 'a', already in line 1; remove one of them"),
    ("a: [{b: 1, 'b': 2}]", "f:1:12: a[0]: duplicate key 'b', already in line 1; remove one of them"),
    ("429: x", "f:1:1: the key 429 is not text; quote it"),
    ("true: x", "f:1:1: the key true is not text; quote it"),
    (".inf: x", "f:1:1: the key .inf is not text; quote it"),
    ("?\n: x", "f:1:2: a key is missing before the colon"),
    ("? [a]\n: x", "f:1:3: a list cannot be a key; quote text that starts with ["),
    ("a: {{name}}", "f:1:5: a: a mapping cannot be a key; quote text that starts with {{"),
    ("a: {{name}} and more", "f:1:5: a: a mapping cannot be a key; quote text that starts with {{"),
    ("- {{name}}", "f:1:4: [0]: a mapping cannot be a key; quote text that starts with {{"),
    ("a: &x {b: 1}\nc:\n  <<: *x", "f:3:3: c: merge keys (<<) are not supported; write the keys out"),
    # anchors and aliases
    ("a: *x", "f:1:4: a: unknown anchor &x; quote text that starts with *"),
    ("a: *x y", "f:1:4: a: unknown anchor &x; quote text that starts with *"),
    ("a: &x [*x]", "f:1:8: a[0]: *x refers to the value that contains it; write the value out"),
    ("a: &x 1\n*x : 2", "f:2:1: *x is not text and cannot be a key; write the key out"),
    ("a: &hello there", "f:1:4: unused anchor &hello; quote text that starts with &"),
    # numbers and characters
    ("a: .inf", "f:1:4: a: not a JSON number (infinite, too large or NaN); quote it if it is text"),
    ("a: -.INF", "f:1:4: a: not a JSON number"),
    ("a: .nan", "f:1:4: a: not a JSON number"),
    ("a: 1e999", "f:1:4: a: not a JSON number"),
    ("a: 18446744073709551616", "f:1:4: a: this integer does not fit in 64 bits; quote it if it is text"),
    ("a: " + "9" * 10_000, "f:1:4: a: this integer does not fit in 64 bits; quote it if it is text"),
    ("a: x\0y", "f:1:5: the invisible character U+0000 is not allowed in YAML; remove it, or write it as an escape"),
    ("a: 1\nbé: \x1b", "f:2:5: the invisible character U+001B is not allowed in YAML"),
    ("a: x\u2028y", "f:1:5: the invisible character U+2028 is not allowed in YAML"),
    ("a: \ufeff", "f:1:4: the invisible character U+FEFF is not allowed in YAML"),
    # one document
    ("", "f:1:1: the file is empty"),
    ("# nothing\n\n", "f:1:1: the file is empty"),
    ("---\n", "f:1:1: the file is empty"),
    ("a: 1\n---\nb: 1", "f:2:1: a second document starts here; remove the ---, a file holds one document"),
    ("a: 1\n...\nb: 1", "f:3:1: text after the end of the document; a file holds one document"),
    ("# x\n%YAML 1.1\n---\na: 1", "f:2:1: a line that starts with % is a YAML directive; remove it, or quote the text"),
    # syntax
    ("a:\n\tb: 1", "f:2:1: tabs cannot indent YAML; use spaces"),
    ("a: |\n\tx", "f:2:1: tabs cannot indent YAML; use spaces"),
    ("a:\n  b: 1\n \tc: 1", "f:3:2: tabs cannot indent YAML; use spaces"),
    ("a:1\nb: 2", "f:1:3: put a space after the colon"),
    ("a: 1\nb:2\nc: 3", "f:2:3: put a space after the colon"),
    ("- a:1\n  b: 2", "f:1:5: put a space after the colon"),
    ("a: 'x\nb: 1", "f:1:4: the quote that opens here is never closed"),
    ('a: "x\n---\n', "f:1:4: the quote that opens here is never closed"),
    ("a: 'it's'", "f:1:8: text after the closing quote; double a ' inside '...', or write \\\" inside"),
    ("a: note: this", "f:1:8: a second colon in one line; quote text that contains ': '"),
    ("a: b\n  c: d", "f:2:4: bad indentation: line up the keys of one mapping, and the dashes of one list"),
    ("a:\n  b: 1\n c: 2", "f:3:2: bad indentation: line up the keys of one mapping, and the dashes of one list"),
    ("a:\n  - b\n - c", "f:3:2: bad indentation"),
    ("a: 1\nb\nc: 1", "f:2:1: this line has no key; write 'key: value'"),
    ("a: - b", "f:1:4: start the list on the line after its key"),
    ("a: @x", "f:1:4: quote text that starts with @"),
    ("a: `x`", "f:1:4: quote text that starts with `"),
    ("- %x", "f:1:3: quote text that starts with %"),
    ("a: * x", "f:1:4: quote text that starts with * or &"),
    ("a: > x", "f:1:4: text after | or > starts on the next line"),
    ("a: [1, 2\nb: 3", "f:1:4: this [ is not closed, or a comma or a quote is missing inside"),
    ("a: {b: 1\nc: 3", "f:1:4: this { is not closed, or a comma or a quote is missing inside"),
    ("a: [1,", "f:1:7: the file ends inside a [ or {; close it"),
    ("a: [1,\n", "f:2:1: the file ends inside a [ or {; close it"),
    ("a: ]", "f:1:4: a value is missing here; quote text that starts with , ] or }"),
]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("source", "line"), REFUSED, ids=[repr(source)[:40] for source, _ in REFUSED])
def test_what_is_refused_is_told_once_with_its_place_and_remedy(source: str, line: str) -> None:
    [problem] = refusals(source)
    assert problem.startswith(line)
    assert "\n" not in problem


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff", r"\ud83d\ude00"])
def test_half_a_surrogate_pair_is_refused(escape: str) -> None:
    assert "half of a surrogate pair; write the character itself" in refusals(f'a: "{escape}"')[0]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("escape", [r"\d", r"\x0", r"\UFFFFFFFF", r"\U00110000"])
def test_a_wrong_escape_is_refused(escape: str) -> None:
    assert len(refusals(f'a: "{escape}"')) == 1


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (b"a: caf\xe9", "f:1:7: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("é: 1\nü: ".encode() + b"\xff", "f:2:4: byte 0xff is not UTF-8; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "f:1:1: the file is UTF-16 or UTF-32; save it as UTF-8"),
        ("a: 1".encode("utf-16-le"), "f:1:2: the invisible character U+0000 is not allowed in YAML"),
        (b"a: x" + b"x" * yaml_limits.MAX_BYTES, "f:1:1: the file is larger than 1024 KiB; split it"),
    ],
)
def test_only_utf8_of_bounded_size_is_read(source: bytes, line: str) -> None:
    [problem] = refusals(source)
    assert problem.startswith(line)


@pytest.mark.usefixtures("parser")
def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    document = read(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - x\r\n", "f")
    assert document.value == {"a": 1, "b": ["x"]}
    assert document.key_mark(("a",)) == YamlMark(1, 1)
    assert document.mark(("b", 0)) == YamlMark(3, 5)


@pytest.mark.usefixtures("parser")
def test_every_mistake_is_told_in_the_order_of_the_file() -> None:
    source = "a: !x 1\nb: .inf\na: 2\n7: 1\nc:\n  d: {{e}}\n  f: *g\nh: 'i\n"
    assert [problem.partition(" ")[0] for problem in refusals(source)] == [
        "f:1:4:",
        "f:2:4:",
        "f:3:1:",
        "f:4:1:",
        "f:6:7:",
        "f:7:6:",
        "f:8:4:",
    ]


def test_a_file_with_endless_mistakes_is_told_a_hundred() -> None:
    assert len(refusals("- !a x\n" * 1000)) == yaml_reader.MAX_PROBLEMS


PLACED = """\
ключ: "é"   # a comment
turns:
- when: {last: user, 'é': [1, 2]}
  reply: &r
    - text: |
        long
      name: ""
- reply: *r
  empty:
"""
MARKS: list[tuple[Path, YamlMark, YamlMark]] = [
    ((), YamlMark(1, 1), YamlMark(1, 1)),
    (("ключ",), YamlMark(1, 7), YamlMark(1, 1)),
    (("turns",), YamlMark(3, 1), YamlMark(2, 1)),
    (("turns", 0), YamlMark(3, 3), YamlMark(3, 3)),
    (("turns", 0, "when"), YamlMark(3, 9), YamlMark(3, 3)),
    (("turns", 0, "when", "é"), YamlMark(3, 27), YamlMark(3, 22)),
    (("turns", 0, "when", "é", 1), YamlMark(3, 31), YamlMark(3, 31)),
    (("turns", 0, "reply", 0, "text"), YamlMark(5, 13), YamlMark(5, 7)),
    (("turns", 0, "reply", 0, "name"), YamlMark(7, 13), YamlMark(7, 7)),
    (("turns", 1, "reply"), YamlMark(8, 10), YamlMark(8, 3)),
    (("turns", 1, "reply", 0, "name"), YamlMark(7, 13), YamlMark(7, 7)),
    (("turns", 1, "empty"), YamlMark(9, 9), YamlMark(9, 3)),
    # A path that does not exist: its nearest ancestor that does.
    (("turns", 0, "when", "nope", "last"), YamlMark(3, 9), YamlMark(3, 9)),
    (("turns", 7), YamlMark(3, 1), YamlMark(3, 1)),
    (("turns", -1), YamlMark(3, 1), YamlMark(3, 1)),
    (("nope", "turns"), YamlMark(1, 1), YamlMark(1, 1)),
]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("path", "value", "key"), MARKS)
def test_a_path_leads_to_the_place_of_the_value_and_of_its_key(path: Path, value: YamlMark, key: YamlMark) -> None:
    document = read(PLACED.encode(), "f")
    assert document.mark(path) == value
    assert document.key_mark(path) == key


def test_what_an_alias_stands_for_is_a_copy() -> None:
    value = read(b"a: &x [1]\nb: *x", "f").value
    assert isinstance(value, dict)
    assert value["a"] == value["b"]
    assert value["a"] is not value["b"]


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("turns", 2, "when", "last"), "turns[2].when.last"), ((0, "a b", "c"), "[0]['a b'].c")],
)
def test_a_path_is_written_as_a_person_would(path: Path, text: str) -> None:
    assert path_text(path) == text


def test_parts_that_a_short_form_has_made_up_are_not_written() -> None:
    document = read(b"turns: [{reply: hi}]", "f")
    assert document.written(("turns", 0, "reply", 0, "text")) == ("turns", 0, "reply")


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{after}: &a{after} [{', '.join([f'*a{before}'] * 9)}]\n" for before, after in pairwise(range(30))
)
HOSTILE = {
    "billion laughs": (LAUGHS, "more than 50,000 values"),
    "many values": ("a: &x [" + "a," * 9_000 + "]\nb: [*x, *x, *x, *x, *x]", "more than 50,000 values"),
    "deep lists": ("[" * 500_000, "nested deeper than 64 levels"),
    "deep mappings": ("{" * 500_000, "nested deeper than 64 levels"),
    "deep values": ("{a: " * 100_000, "nested deeper than 64 levels"),
    "deep dashes": ("- " * 500_000, "nested deeper than 64 levels"),
    "deep keys": ("? " * 500_000, "nested deeper than 64 levels"),
    "deep aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{after}: &a{after} [*a{before}]\n" for before, after in pairwise(range(80))),
        "nested deeper than 64 levels",
    ),
    "directives": ("a\n...\n" + "".join(f"%TAG !a{n}! x\n" for n in range(50_000)), "a file holds one document"),
}


@pytest.mark.slow
@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_bounded_memory(name: str) -> None:
    source, reason = HOSTILE[name]
    tracemalloc.start()
    try:
        assert reason in refusals(source)[-1]
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_the_deepest_file_is_read() -> None:
    depth = yaml_limits.MAX_DEPTH
    assert read(("[" * depth + "]" * depth).encode(), "f").mark((0,) * (depth - 1)) == YamlMark(1, depth)
    assert depth * 4 < sys.getrecursionlimit()


YAMLISH = st.text(alphabet=st.sampled_from("ab:- \n\t\"'{}[],&*!|>%@`#?~<.01\\u\r\ufeffé😀"), max_size=60)


def sound(source: bytes) -> None:
    """Check that the source is a document or has problems, and that every mark is inside the file."""
    lines = source.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def inside(line: int, column: int) -> bool:
        return 1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1

    def walk(document: YamlDocument, value: Data, path: Path) -> None:
        for mark in (document.mark(path), document.key_mark(path)):
            assert inside(mark.line, mark.column)
        inner: list[tuple[str | int, Data]] = []
        if isinstance(value, dict | list):
            inner += value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inner:
            walk(document, item, (*path, key))

    try:
        document = read(source, "f")
    except AuthorError as error:
        problems = error.problems
    else:
        walk(document, document.value, ())
        assert orjson.loads(orjson.dumps(document.value)) == document.value
        return
    assert problems
    assert all(inside(problem.line, problem.column) for problem in problems)
    assert all("\n" not in str(problem) for problem in problems)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_document_or_problems_with_places(source: bytes) -> None:
    sound(source)


@given(YAMLISH)
def test_anything_like_yaml_is_a_document_or_problems_with_places(text: str) -> None:
    sound(text.encode())


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["C", "Z"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["C", "Z"])), inner),
    max_leaves=12,
)


@given(JSON)
def test_json_is_yaml_and_is_read_as_what_it_says(value: Data) -> None:
    assert read(orjson.dumps(value), "f").value == value
