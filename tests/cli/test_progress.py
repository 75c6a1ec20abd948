"""Progress: on a terminal, and only after a second."""

import pytest

from mockserver.cli.progress import with_progress


def shown(seconds: list[float], capsys: pytest.CaptureFixture[str], *, is_terminal: bool = True) -> str:
    """Return what is printed beside three items if the clock shows these times."""
    times = iter(seconds)
    items = with_progress(["a", "b", "c"], "Checking", is_terminal=is_terminal, now=lambda: next(times))
    assert list(items) == ["a", "b", "c"]
    return capsys.readouterr().err


def test_a_quick_command_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown([0.0, 0.1, 0.2, 0.3], capsys) == ""


def test_after_a_second_it_says_how_far_it_is_and_takes_it_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown([0.0, 0.1, 1.5, 1.6], capsys) == "\r\x1b[KChecking 2 of 3 …\r\x1b[KChecking 3 of 3 …\r\x1b[K"


def test_a_file_gets_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown([0.0], capsys, is_terminal=False) == ""
