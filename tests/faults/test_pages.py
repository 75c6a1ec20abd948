"""The pages about faults say what the table says; the examples of the docs run."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.core.rng import Rng
from mockserver.faults import FAULTS, Context, Fault, NoEffectError, pages
from tests.support.engine import script
from tests.support.fault_answers import TEXT, healthy

DOCS = Path(__file__).resolve().parents[2] / "docs"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["faults", *arguments])
    return result.exit_code, result.output


def test_the_list_has_every_fault() -> None:
    code, shown = run()
    assert code == 0
    assert [name for name in FAULTS if not re.search(rf"^  {name} ", shown, re.MULTILINE)] == []


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_explained_and_acts_on_something(name: str) -> None:
    code, shown = run(name)
    assert code == 0
    assert "faults: [" in shown
    assert re.search(r"The example acts on: \w", shown)


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    assert run("stal") == (2, "mockserver: no fault is called 'stal'; did you mean 'stall'?\n")


def test_the_page_in_the_docs_is_what_the_table_says() -> None:
    written = (DOCS / "faults.md").read_text(encoding="utf-8")
    assert written == pages.markdown(), "write it with: mockserver faults --markdown > docs/faults.md"


def test_the_scenario_of_the_introduction_loads() -> None:
    example = re.search(r"```yaml\n(.*?)```", pages.introduction(), re.DOTALL)
    assert example is not None
    assert len(script(example[1]).turns) == 2


def test_the_faults_of_the_guide_do_what_it_says() -> None:
    guide = (DOCS / "creating-a-fault.md").read_text(encoding="utf-8")
    rows: list[Fault] = []
    for code in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        names: dict[str, Fault] = {}
        exec(code, names)
        rows.append(names["ROW"])
    nothing, shout = rows
    stream = healthy(TEXT)["anthropic stream"]
    assert nothing.apply(stream, nothing.parameters(), Context(Rng(0))) == stream
    given = shout.parameters.model_validate({"marks": 3})
    assert b'"HOW !!!"' in str(shout.apply(stream, given, Context(Rng(0)))).encode()
    with pytest.raises(NoEffectError):
        shout.apply(healthy(TEXT)["openai stream"], given, Context(Rng(0)))
