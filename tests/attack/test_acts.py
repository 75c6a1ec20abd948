"""`make attack`: every act is in the table, says what it does, and fails where it should."""

from pathlib import Path

import pytest

from tools.attack import acts
from tools.attack.act import Act, Notes
from tools.attack.acts import ACTS
from tools.attack.run import run


def test_every_file_of_an_act_has_a_row_in_the_table() -> None:
    files = {file.stem for file in Path(acts.__file__).parent.glob("*.py")} - {"__init__"}
    assert {act.run.__module__.rpartition(".")[2] for act in ACTS} == files
    assert len({act.name for act in ACTS}) == len(ACTS)
    assert all(act.about for act in ACTS)


def well(notes: Notes) -> None:
    notes.figure("a figure")


def badly(notes: Notes) -> None:
    notes.check(False, "it fell")


def raising(notes: Notes) -> None:
    raise ValueError("an odd end")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("act", "failures", "line"),
    [
        (Act("one", "works", well), [], "ok"),
        (Act("one", "fails", badly), ["it fell"], "FAILED"),
        (Act("one", "raises", raising), ["ValueError: an odd end"], "FAILED"),
    ],
)
def test_an_act_is_told_on_one_line_and_its_failures_below(
    act: Act, failures: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(act, 0, 60) == failures
    told = capsys.readouterr().out.splitlines()
    assert told[0].split()[:2] == ["one", line]
    assert [row.strip() for row in told[1:]] == [f"- {failure}" for failure in failures]
