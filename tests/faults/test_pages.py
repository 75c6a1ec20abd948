"""The pages about faults match the table, and the examples in the docs run."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.core.rng import Rng
from mockserver.faults import FAULTS, Context, NoEffectError, pages
from mockserver.faults.answers import body_of
from mockserver.faults.fault import Fault
from tests.faults.test_extension import gaps
from tests.support.engine import script
from tests.support.fault_answers import TEXT, healthy

DOCS = Path(__file__).resolve().parents[2] / "docs"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["faults", *arguments])
    return result.exit_code, result.output


def test_the_list_has_every_fault() -> None:
    code, output = run()
    assert code == 0
    assert [name for name in FAULTS if not re.search(rf"^  {name} ", output, re.MULTILINE)] == []


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_explained_and_acts_on_something(name: str) -> None:
    code, output = run(name)
    assert code == 0
    assert "faults: [" in output
    assert re.search(r"The example acts on: \w", output)


def test_an_unknown_name_gets_the_nearest_one() -> None:
    assert run("stal") == (2, "mockserver: no fault is named 'stal'; did you mean 'stall'?\n")


def test_the_page_in_the_docs_matches_the_table() -> None:
    page = (DOCS / "faults.md").read_text(encoding="utf-8")
    assert page == pages.markdown(), "write it with: mockserver faults --markdown > docs/faults.md"


def test_the_scenario_of_the_introduction_loads() -> None:
    example = re.search(r"```yaml\n(.*?)```", pages.introduction(), re.DOTALL)
    assert example is not None
    assert len(script(example[1]).turns) == 2


def test_the_fault_of_the_guide_does_what_it_says() -> None:
    guide = (DOCS / "extending" / "fault.md").read_text(encoding="utf-8")
    file = re.search(r"```python\n(.*?)```", guide, re.DOTALL)
    assert file is not None
    names: dict[str, Fault] = {}
    exec(file[1], names)
    shout = names["FAULT"]
    assert f"    {pages.example(shout)}" in (shout.doc or "")
    parameters = shout.parameters.model_validate({"marks": 3})
    context = Context(Rng(0))
    assert b'"HOW !!!"' in body_of(shout.apply(healthy(TEXT)["anthropic stream"], parameters, context))
    with pytest.raises(NoEffectError, match="no text deltas of the Anthropic wire"):
        shout.apply(healthy(TEXT)["openai stream"], parameters, context)


def test_the_guide_shows_what_a_failing_test_says() -> None:
    guide = (DOCS / "extending" / "fault.md").read_text(encoding="utf-8")
    bare = Fault("shout", "content", "", "", lambda actions, parameters, context: actions)
    for sentence in gaps(bare)[-4:]:
        assert f"E     {sentence}\n" in guide
