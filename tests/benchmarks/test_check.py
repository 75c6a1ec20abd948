"""`make bench-check`: a row that looks worse is measured again, and named if it is worse both times."""

from collections.abc import Iterable, Mapping

import pytest

from benchmarks import __main__ as command
from benchmarks.goals import Figure

THEN = {"whole.cpu": Figure(30.0, 20.0, 1.5), "store.redis": Figure(600.0, 1_000.0, 0.6)}
SLOWER = {"whole.cpu": Figure(60.0, 20.0, 3.0), "store.redis": Figure(590.0, 1_000.0, 0.59)}


@pytest.mark.parametrize(
    ("second_look", "code", "told"),
    [
        (
            SLOWER,
            1,
            "whole.cpu (whole answer, 16 connections, CPU µs a request): 3.00 times bare uvicorn, committed 1.50",
        ),
        (THEN, 0, "no row is worse than the committed figures"),
    ],
    ids=["worse-again", "a-disturbed-round"],
)
def test_a_row_is_worse_if_it_is_so_both_times(
    second_look: Mapping[str, Figure],
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    subjects: list[str] = []

    def measured(names: Iterable[str]) -> dict[str, Figure]:
        subjects.extend(names)
        return dict(second_look)

    monkeypatch.setattr(command, "measured", measured)
    assert command.compared(SLOWER, THEN) == code
    assert told in capsys.readouterr().out
    assert subjects == ["whole"]


def test_nothing_is_measured_again_where_nothing_looks_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SUBJECTS", {})
    assert command.compared(THEN, THEN) == 0


@pytest.mark.parametrize(("names", "told"), [(["hole"], "no subject is called hole; known: whole, streams, paced")])
def test_an_unknown_subject_is_refused_with_the_known_ones(
    names: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", *names])
    with pytest.raises(SystemExit):
        command.main()
    assert told in capsys.readouterr().err
