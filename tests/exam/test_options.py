"""The options of `mockserver exam`: contradictions are one message, before anything runs."""

from pathlib import Path
from typing import Any

import pytest

from mockserver.core.errors import OperatorError
from mockserver.exam.clients import CommandClient, ServiceClient
from mockserver.exam.options import ExamOptions

PLAIN: dict[str, Any] = {  # Any: the fields have many types
    "command": ("agent",),
    "http": None,
    "body": None,
    "url_file": None,
    "failure": None,
    "folders": (),
    "only": (),
    "exclude": (),
    "seed": "0",
    "jobs": None,
    "time_limit": None,
    "faketime": None,
    "extensions": (),
    "baseline": None,
    "write_baseline": False,
    "reports": {},
}


def options(**words: object) -> ExamOptions:
    return ExamOptions(**{**PLAIN, **words})


def test_a_command_or_a_service_is_examined(tmp_path: Path) -> None:
    body = tmp_path / "ask.json"
    body.write_text("{}")
    assert isinstance(options().client(), CommandClient)
    client = options(http="http://127.0.0.1:{port}/", body=body).client()
    assert isinstance(client, ServiceClient)
    assert client.title == "http://127.0.0.1:{port}/ (agent)"
    assert options(http="http://127.0.0.1:1/", command=(), url_file=tmp_path / "env").client().is_parallel is False


CONTRADICTIONS: list[tuple[dict[str, object], str]] = [
    ({"command": ()}, "what is examined"),
    ({"body": Path("ask.json")}, "add --http URL"),
    ({"http": "http://127.0.0.1:1", "command": ()}, "how does the service learn of each case"),
    ({"http": "http://127.0.0.1:1", "body": Path("/no/such/file")}, "/no/such/file: cannot be read"),
]


@pytest.mark.parametrize(("words", "message"), CONTRADICTIONS)
def test_a_contradiction_is_one_message(words: dict[str, object], message: str) -> None:
    with pytest.raises(OperatorError, match=message):
        options(**words).client()


def test_a_faster_clock_needs_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(OperatorError, match="apt install faketime"):
        options(faketime=10).client()
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert options(faketime=10).client().title == "faketime -f +0 x10 agent"
    assert options(faketime=10).settings().speed == 10.0


def test_the_good_day_is_always_held() -> None:
    assert [case.name for case in options(only=("no-credits",)).cases()] == ["good-day", "no-credits"]


def test_settings_are_those_of_the_options() -> None:
    settings = options(seed="7", jobs=3, time_limit=5.0, extensions=("responses",)).settings()
    assert (settings.seed, settings.jobs, settings.time_limit, list(settings.extensions)) == (
        "7",
        3,
        5.0,
        ["responses"],
    )
    assert options().settings().jobs >= 2
