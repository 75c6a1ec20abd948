"""The JSON Schema for editors, and the file of `mockserver new`."""

import re
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import orjson
import pytest
import yaml
from click.testing import CliRunner
from pydantic import JsonValue

from mockserver.cli.main import main
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.faults import FAULTS
from mockserver.files import bundled, loader, yaml_reader
from mockserver.files.accounts_file import accounts_of
from mockserver.files.chaos_file import SHIPPED, profile_of
from mockserver.files.editor_schema import file_schema, first_scenario
from mockserver.files.kinds import KINDS
from mockserver.files.library import read_script
from mockserver.files.yaml_document import YamlDocument
from mockserver.scenarios.when import When
from tests.support.dialects import DIALECTS, Dialect
from tests.support.engine import HELLO, Talk, contract

SCHEMAS = {name: orjson.loads(file_schema(kind)) for name, kind in KINDS.items()}
VALIDATORS = {name: jsonschema_rs.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
SCHEMA = SCHEMAS["scenario"]
DOCS = Path(__file__).parents[2] / "docs"
PAGES = (*sorted(DOCS.glob("**/*.md")), DOCS.parent / "README.md")
EXAMPLES = [
    (kind, text)
    for page in PAGES
    for kind in KINDS
    for text in re.findall(rf"```yaml\n((?:#.*\n)*{kind}:.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]
FILES = [
    *[("scenario", "scenario.schema.json", file) for file in loader.discover(bundled.SCENARIOS)],
    *[("chaos", "../chaos.schema.json", file) for file in loader.discover(SHIPPED)],
    ("accounts", "../scenarios/accounts.schema.json", DOCS / "accounts.yaml"),
]


def errors(text: str, kind: str = "scenario") -> list[str]:
    """Return the mistakes that an editor marks."""
    return [error.message for error in VALIDATORS[kind].iter_errors(yaml.safe_load(text))]


LOADERS: dict[str, Callable[[YamlDocument], object]] = {
    "scenario": loader.scenario_of,
    "chaos": profile_of,
    "accounts": accounts_of,
}


def is_loaded(text: str, kind: str = "scenario") -> bool:
    try:
        LOADERS[kind](yaml_reader.read(text.encode(), "test.yaml"))
    except AuthorError:
        return False
    return True


@pytest.mark.parametrize(("kind", "schema", "file"), FILES, ids=[f"{kind}-{file.stem}" for kind, _, file in FILES])
def test_every_shipped_file_is_right_for_the_editor_and_names_its_schema(kind: str, schema: str, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert errors(text, kind) == []
    assert text.startswith(f"# yaml-language-server: $schema={schema}\n")
    assert (file.parent / schema).is_file()


@pytest.mark.parametrize(("kind", "text"), EXAMPLES, ids=[example.split("\n")[0] for _, example in EXAMPLES])
def test_every_example_of_the_documents_is_right_for_the_editor(kind: str, text: str) -> None:
    assert errors(text, kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_documents_have_an_example_of_each_kind(kind: str) -> None:
    assert [example for name, example in EXAMPLES if name == kind]


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_schema_is_the_one_that_is_printed(kind: str) -> None:
    printed = CliRunner().invoke(main, ["schema", "--kind", kind]).stdout
    assert printed == file_schema(KINDS[kind])
    shipped = (bundled.SCENARIOS / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert shipped == printed, f"scenarios/{kind}.schema.json is out of date: run python -m tools.schemas"


def test_the_schema_of_scenarios_is_printed_by_default() -> None:
    assert CliRunner().invoke(main, ["schema"]).stdout == file_schema(KINDS["scenario"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_a_schema_are_right_and_load(kind: str) -> None:
    for example in SCHEMAS[kind]["examples"]:
        text = orjson.dumps(example).decode()
        assert errors(text, kind) == []
        assert is_loaded(text, kind)


def test_every_key_of_when_and_of_a_turn_is_described() -> None:
    described = SCHEMA["$defs"]["When"]["properties"]
    assert set(described) == {"not" if key == "not_" else key for key in When.model_fields}
    assert [key for key, about in described.items() if "description" not in about] == []


def turn(text: str) -> str:
    return f"scenario: test\nturns: [{{{text}}}]\n"


WHENS = """\
operation: chat
operation: [chat, messages]
path: /v1/*
wire: openai
model: gpt-*
model: [a, b]
stream: true
last: tool_result
text: hi
text: {contains: hi, ignore_case: true}
text: {regex: "^hi"}
system: {equals: x}
tools: [a]
tools: []
tool_choice: required
tool_result: {is_error: true, text: hi}
assistant_turns: 2
assistant_turns: {at_least: 1, at_most: 2}
headers: {x-a: b, x-c: {contains: d}}
key: sk_a
body: {/a/b: [1, null]}
body_schema: {required: [a]}
state: start
all: [{text: a}]
any: [{text: a}, {stream: true}]
not: {model: x}
""".splitlines()

RIGHT = [
    *[turn(f"when: {{{when}}}, reply: x") for when in WHENS],
    turn("reply: [hi, {text: a}, {tool_use: {name: a}}, {tool_use: {name: a, input: {b: 1}, id: c}}]"),
    turn("reply: {tool_use: {name: a}}"),
    turn("reply: x, times: 3"),
    turn("reply: x, times: always"),
    turn("reply: x, pace: {first: 300ms, rate: 40/s, jitter: 10%, chunk: word}"),
    turn("reply: x, pace: {first: 0.3, rate: 40, jitter: 0.1}"),
    turn("reply: x, pace: {first: 2, interval: 20ms}"),
    turn("reply: x, pace: {first: {value: 1s}, interval: {uniform: [10ms, 0.1]}}"),
    turn("reply: x, pace: {first: {lognormal: {median: 1s, sigma: 0.5}}, interval: {normal: {mean: 1, deviation: 0}}}"),
    turn("reply: x, usage: {input: 1}, stop: refusal, id: abc, headers: {x-a: b}, then: s"),
    turn("reply: x, faults: [short_sequence, {quirk: short_sequence}]"),
    turn("error: {status: 429, retry_after: 2, code: a, type: b, message: c}"),
    turn("response: {status: 204}"),
    turn("response: {body: {a: 1}, headers: {content-type: text/html}}"),
    "scenario: test\nabout: x\nafter: repeat\nseed: abc\ntools: {a: {type: object}}\nturns: [{reply: x}]\n",
    "scenario: test\nseed: 42\nturns: [{reply: x}]\n",
]


@pytest.mark.parametrize("text", RIGHT, ids=[" ".join(text.split("\n")[1:]).strip() for text in RIGHT])
def test_the_editor_accepts_what_the_loader_accepts(text: str) -> None:
    assert is_loaded(text)
    assert errors(text) == []


WRONG = [
    "turns: [{reply: x}]\n",
    "scenario: test\n",
    "scenario: test\nturns: []\n",
    "scenario: My Test\nturns: [{reply: x}]\n",
    "scenario: test\ntruns: [{reply: x}]\n",
    "scenario: test\nafter: loop\nturns: [{reply: x}]\n",
    turn("repply: x"),
    turn("reply: x, tmies: 2"),
    turn("reply: x, times: 0"),
    turn("reply: x, times: forever"),
    turn("reply: 3"),
    turn("reply: [{tool_use: {nam: a}}]"),
    turn("reply: [{tool_use: {name: a b}}]"),
    turn("when: {txt: hi}, reply: x"),
    turn("when: {text: {contain: hi}}, reply: x"),
    turn("when: {last: tool}, reply: x"),
    turn("when: {stream: 'yes'}, reply: x"),
    turn("when: {not: [{text: a}]}, reply: x"),
    turn("when: {assistant_turns: two}, reply: x"),
    turn("error: {status: 200}"),
    turn("error: 429"),
    turn("error: {}"),
    turn("response: {status: 100}"),
    turn("reply: x, faults: [shrt_sequence]"),
    turn("reply: x, faults: [{shrt_sequence: 1}]"),
    turn("reply: x, faults: [{quirk: shrt_sequence}]"),
    turn("reply: x, faults: [{crlf: null, bom: null}]"),
    turn("reply: x, faults: [{}]"),
    turn("reply: x, pace: {first: soon}"),
    turn("reply: x, pace: {first: -1}"),
    turn("reply: x, pace: {first: true}"),
    turn("reply: x, pace: {interval: 1 week}"),
    turn("reply: x, pace: {interval: {uniform: 1s}}"),
    turn("response: {headers: {'a:': c}}"),
    turn("reply: x, pace: {rate: 40/day}"),
    turn("reply: x, pace: {chunk: line}"),
    turn("reply: x, stop: done"),
    turn("reply: x, usage: {input: -1}"),
    turn("reply: x, headers: {'a b': c}"),
]


@pytest.mark.parametrize("text", WRONG, ids=[" ".join(text.split("\n")[:-1]) for text in WRONG])
def test_typical_mistakes_are_marked_and_refused(text: str) -> None:
    assert errors(text) != []
    assert not is_loaded(text) or "faults" in text


OTHER_KINDS: dict[str, tuple[str, list[str], list[str]]] = {
    "chaos": (
        "chaos: a\nrules: [{RULE}]\n",
        ["faults: crlf", "faults: {reset: {at: 3}}", "faults: [crlf]", "error: {status: 503}, limit: 2"],
        [
            "",
            "probability: 10%",
            "faults: rest",
            "faults: crlf, error: {status: 503}",
            "faults: crlf, probability: 2",
            "faults: crlf, limit: 0",
            "faults: crlf, window: {form: 1s}",
            "faults: crlf, when: {lst: user}",
            "eror: {status: 503}",
        ],
    ),
    "accounts": (
        "accounts: [{RULE}]\n",
        ["key: sk_a", "keys: [sk_a, sk_b], credits: 0.5", "user: {email: a, password: b}, limits: {per: 1m}"],
        ["", "plan: pro", "key: 3", "key: sk_a, plan: gold", "key: sk_a, kredits: 3", "keys: sk_a", "user: {email: a}"],
    ),
}
"""By kind: a file around a rule or an account, right ones, and wrong ones."""


def cases(right: bool) -> list[tuple[str, str]]:
    texts = {kind: (frame, good if right else bad) for kind, (frame, good, bad) in OTHER_KINDS.items()}
    return [(kind, frame.replace("RULE", text)) for kind, (frame, all_of) in texts.items() for text in all_of]


@pytest.mark.parametrize(("kind", "text"), cases(right=True))
def test_the_editor_accepts_what_the_loader_of_another_kind_accepts(kind: str, text: str) -> None:
    assert is_loaded(text, kind)
    assert errors(text, kind) == []


@pytest.mark.parametrize(("kind", "text"), cases(right=False))
def test_typical_mistakes_of_another_kind_are_marked_and_refused(kind: str, text: str) -> None:
    assert errors(text, kind) != []
    assert not is_loaded(text, kind)


def test_the_faults_are_those_of_the_table() -> None:
    assert SCHEMA["$defs"]["Turn"]["properties"]["faults"]["items"]["anyOf"][0] == {"enum": sorted(FAULTS)}


# mockserver new


def new(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(main, ["new", name])
    return result.exit_code, result.output


def test_new_writes_a_file_that_is_right_and_the_schema_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert new(tmp_path, "my-first", monkeypatch) == (
        0,
        "Created my-first.yaml, and scenario.schema.json for your editor. To play it:\n\n"
        "  mockserver serve --scenario my-first.yaml\n",
    )
    text = (tmp_path / "my-first.yaml").read_text(encoding="utf-8")
    assert errors(text) == []
    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\nscenario: my-first\n")
    assert (tmp_path / "scenario.schema.json").read_text(encoding="utf-8") == file_schema(KINDS["scenario"])
    assert CliRunner().invoke(main, ["lint", str(tmp_path / "my-first.yaml")]).exit_code == 0


@pytest.mark.parametrize("dialect", DIALECTS, ids=["anthropic", "openai"])
def test_what_new_writes_can_be_played(dialect: Dialect, tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"
    file.write_text(first_scenario("first", "scenario.schema.json"), encoding="utf-8")
    talk = Talk(read_script(file, contract()))
    asked = dialect.whole(talk.say(dialect.path, tools=[dialect.tool("get_weather", {"type": "object"})]))
    assert (asked.text, asked.calls) == ("Let me look that up.", [("get_weather", {"city": "Oslo"})])
    messages: JsonValue = [*HELLO, dialect.call("a"), *dialect.results("a")]
    assert talk.say(dialect.path, messages).text == "The weather: found"
    last = talk.say(dialect.path)
    assert (last.status, last.headers["retry-after"]) == (429, "2")


def test_new_leaves_a_file_that_is_there_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text("mine")
    code, output = new(tmp_path, "mine", monkeypatch)
    assert (code, output) == (2, "mockserver: mine.yaml already exists; choose another name, or remove it\n")
    assert (tmp_path / "mine.yaml").read_text() == "mine"
    assert not (tmp_path / "scenario.schema.json").exists()


@pytest.mark.parametrize("name", ["", "My", "a b", "a_b", "../a", "a/b", "-a", "a.yaml", "ä", "a" * 65])
def test_a_name_that_no_scenario_can_have_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OperatorError, match="expected lower-case letters, digits and dashes"):
        first_scenario(name, "x")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["new", "--", name]).exit_code == 2
    assert list(tmp_path.iterdir()) == []
