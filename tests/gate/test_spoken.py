"""Operations of a document of one's own that speak a wire: its credential, and the boundaries of its schema."""

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.gate.profiles import PROFILES
from mockserver.gate.runner import GateRun, Runner, RunSettings
from tests.support.asgi_app import sender
from tests.support.llm_app import CHAT, KEY, SCHEMES, llm_app

ALL = ("conformity", "consistency", "auth", "errors")


def examined(tmp_path: Path, place: str = "header", fault: str = "", **settings: Any) -> GateRun:
    """Run the gate against the gateway made with FastAPI, by the document that FastAPI writes."""
    app, file = llm_app(place, fault), tmp_path / "openapi.json"
    file.write_text(json.dumps(app.openapi()), encoding="utf-8")
    chosen: dict[str, Any] = {"key": KEY, "only": ALL, **settings}
    with sender(app) as send:
        return Runner(RunSettings("http://x", PROFILES["smoke"], contract=file, **chosen), send=send).run()


def broken(done: GateRun) -> set[str]:
    """Return the names of the promises that are broken, or could not be judged."""
    return {entry.name for entry in done.results.of("broken", "error")}


@pytest.mark.parametrize("place", SCHEMES)
def test_the_credential_goes_to_where_the_document_says(place: str, tmp_path: Path) -> None:
    done = examined(tmp_path, place, key="nobody:1", keys={SCHEMES[place]: KEY}, only=("auth", "usage-adds-up"))
    assert done.notes[0].startswith(f"POST {CHAT} speaks the wire of openai, here with small: ")
    kept = {"usage-adds-up", "auth-missing", "auth-malformed", "auth-wrong"}
    assert {entry.name for entry in done.results.of("kept")} >= kept
    assert broken(done) == set()


def test_a_right_gateway_with_a_document_of_its_own_keeps_every_promise(tmp_path: Path) -> None:
    done = examined(tmp_path)
    assert broken(done) == set()
    assert {"boundary-accepted", "boundary-refused", "auth-wrong"} <= {entry.name for entry in done.results.of("kept")}
    assert len(done.notes) == 1  # how many operations answered is no matter of a chosen part


@pytest.mark.parametrize(
    ("fault", "promises"),
    [
        ("largest-refused", {"boundary-accepted"}),
        ("beyond-taken", {"boundary-refused"}),
        ("any-key", {"auth-wrong"}),
        ("no-key", {"auth-missing", "auth-wrong"}),
    ],
)
def test_a_gateway_that_is_wrong_in_one_way_breaks_that_promise_alone(
    fault: str, promises: set[str], tmp_path: Path
) -> None:
    assert broken(examined(tmp_path, fault=fault)) == promises


def test_without_an_answer_nothing_is_said_of_boundaries(tmp_path: Path) -> None:
    done = examined(tmp_path, key="nobody:1", only=("boundary-*",))
    assert done.results.of("broken", "kept") == []
