"""Every matcher is complete: in the table, the docs and the editor's schema, with examples that match and differ.

A new matcher is one file in mockserver/scenarios/matchers/ and one line in `When`; see docs/extending/matcher.md. The
tests here run for each file, and say what is missing and what to do.
"""

import re
import textwrap
from importlib import import_module
from pathlib import Path
from types import ModuleType

import msgspec
import orjson
import pytest
import yaml
from pydantic.fields import FieldInfo

from mockserver.files.kinds import KINDS
from mockserver.scenarios import matchers
from mockserver.scenarios import when as when_module
from mockserver.scenarios.call import Call
from mockserver.scenarios.matcher import Example, WhenKey, differences
from mockserver.scenarios.when import MATCHERS, NESTED, When, compile_when
from tests.support.calls import SAMPLE_HEADERS, call_of, request
from tests.support.strategies import PLAIN
from tools.matcher_table import PAGE, row, with_table
from tools.schemas import schema_file

FOLDER = Path(matchers.__file__).parent
FILES = sorted(file.stem for file in FOLDER.glob("*.py") if file.stem != "__init__")


def module_of(name: str) -> ModuleType:
    return import_module(f"{matchers.__name__}.{name}")


def keys_of(module: ModuleType) -> list[WhenKey]:
    return [value for value in vars(module).values() if isinstance(value, WhenKey)]


@pytest.mark.parametrize("name", FILES)
def test_a_file_declares_one_matcher(name: str) -> None:
    number = len(keys_of(module_of(name)))
    assert number == 1, f"matchers/{name}.py has {number} WhenKey(…); write one, as matchers/last.py does"


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_in_the_table_under_its_name(name: str) -> None:
    assert name in MATCHERS, (
        f"matchers/{name}.py is not in the table: import its type in mockserver/scenarios/when.py "
        f"and add the line `{name}: … = None` to When"
    )
    assert MATCHERS[name] in keys_of(module_of(name)), f"When.{name} does not use the WhenKey of matchers/{name}.py"


def test_every_key_of_the_table_has_its_file() -> None:
    missing = [name for name in MATCHERS if name not in FILES]
    assert not missing, f"When has {', '.join(missing)}: move each WhenKey to a file of that name in matchers/"


@pytest.mark.parametrize("keys", [[], [MATCHERS["last"], MATCHERS["model"]]], ids=["none", "two"])
def test_a_field_without_exactly_one_matcher_does_not_import(keys: list[WhenKey]) -> None:
    field = FieldInfo(annotation=str)
    field.metadata = list(keys)
    with pytest.raises(TypeError, match=r"When\.odd needs one WhenKey in its Annotated type"):
        when_module._when_key("odd", field)


@pytest.mark.parametrize("name", MATCHERS)
def test_a_key_says_what_it_tests(name: str) -> None:
    assert When.model_fields[name].description, f"When.{name} has no description: add Field(description=…)"


@pytest.mark.parametrize("name", [name for name in FILES if name in MATCHERS])
def test_a_docstring_says_what_the_key_does_with_an_example_that_loads(name: str) -> None:
    docstring = module_of(name).__doc__ or ""
    key = name.rstrip("_")
    assert docstring.startswith(f"`{key}`: "), f"the docstring of matchers/{name}.py does not begin with `{key}`: …"
    lines = re.findall(r"^    when: .*$", docstring, re.MULTILINE)
    assert lines, f"the docstring of matchers/{name}.py has no example: write an indented line `when: {{{key}: …}}`"
    for line in lines:
        condition = yaml.safe_load(textwrap.dedent(line))["when"]
        assert key in condition
        compile_when(When.model_validate(condition))


@pytest.mark.parametrize("name", MATCHERS)
def test_a_key_has_an_example_that_matches_and_one_that_differs(name: str) -> None:
    examples = MATCHERS[name].examples
    assert any(example.difference is None for example in examples), f"matchers/{name}.py: add an Example that matches"
    assert any(example.difference for example in examples), f"matchers/{name}.py: add an Example with a difference"


EXAMPLES = [(name, example) for name, key in MATCHERS.items() for example in key.examples]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{example.when}" for _, example in EXAMPLES])
def test_an_example_is_true(name: str, example: Example) -> None:
    condition = yaml.safe_load(example.when)
    assert list(condition) == [name.rstrip("_")]
    found = differences(compile_when(When.model_validate(condition)), sample(example))
    assert [str(difference) for difference in found] == ([] if example.difference is None else [example.difference])


def sample(example: Example) -> Call:
    """Return the sample request of `Example`, with the example's own fields."""
    sent = request(headers=SAMPLE_HEADERS)
    body = orjson.loads(sent.body) | dict(example.body)
    return call_of(msgspec.structs.replace(sent, body=orjson.dumps(body)))


def test_the_property_tests_draw_values_for_every_key() -> None:
    assert set(PLAIN) == set(MATCHERS) - set(NESTED)


def test_the_docs_have_a_row_for_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    missing = [name for name in MATCHERS if row(name) not in page]
    assert not missing, f"docs/scenarios.md has no row for {', '.join(missing)}: run python -m tools.matcher_table"
    assert page == with_table(page), "the keys in docs/scenarios.md are out of date: run python -m tools.matcher_table"


def test_the_editors_schema_knows_every_key() -> None:
    known = orjson.loads(schema_file(KINDS["scenario"]).read_bytes())["$defs"]["When"]["properties"]
    missing = [name for name in MATCHERS if name.rstrip("_") not in known]
    assert not missing, f"scenario.schema.json does not know {', '.join(missing)}: run python -m tools.matcher_table"


def test_the_matcher_of_the_docs_is_complete() -> None:
    code = re.findall(r"```python\n(.*?)```", (PAGE.parent / "extending" / "matcher.md").read_text("utf-8"), re.DOTALL)[
        0
    ]
    module = ModuleType("max_tokens")
    exec(code, vars(module))
    [key] = keys_of(module)
    for example in key.examples:
        difference = key.compile(yaml.safe_load(example.when)["max_tokens"])(sample(example))
        assert (None if difference is None else str(difference)) == example.difference
