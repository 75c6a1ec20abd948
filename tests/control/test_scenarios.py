"""Routes of scenarios, chaos profiles and faults."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import JsonValue

from mockserver.control import runtime_config
from mockserver.faults import FAULTS
from tests.control.support import Served, error_of, serving
from tests.support.engine import script

FILE = "scenario: mine\nabout: Of the file.\nturns: [{reply: from the file, times: always}]\n"
MEMORY = "scenario: mine\nturns: [{reply: from memory, times: always}]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "mine.yaml"
    found.write_text(FILE)
    return found


@pytest.fixture
def served(file: Path) -> Iterator[Served]:
    with serving(script(FILE), playing="mine", files={"mine": file}) as served:
        yield served


def text(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["content"][0]["text"])


def put(served: Served, name: str, yaml: str, kind: str = "scenarios") -> httpx.Response:
    return served.control.put(f"/{kind}/{name}", json={"yaml": yaml})


def test_what_is_put_is_live_at_once_hides_the_file_and_gives_it_back(served: Served) -> None:
    assert text(served.ask()) == "from the file"
    assert put(served, "mine", MEMORY).json() == {
        "name": "mine", "about": "", "origin": "memory", "turns": 1, "yaml": MEMORY,
    }  # fmt: skip
    assert text(served.ask()) == "from memory"
    assert served.get("/scenarios/mine")["yaml"] == MEMORY
    assert served.control.delete("/scenarios/mine").status_code == 204
    assert text(served.ask()) == "from the file"
    assert served.get("/scenarios/mine") == {
        "name": "mine", "about": "Of the file.", "origin": "file", "turns": 1, "yaml": FILE,
    }  # fmt: skip


def test_what_plays_and_is_deleted_plays_no_more(served: Served) -> None:
    put(served, "new", "scenario: new\nturns: [{reply: new, times: always}]")
    served.control.patch("/defaults", json={"scenario": "new"})
    served.session(name="a", scenario="new")
    served.control.delete("/scenarios/new")
    assert served.get("/defaults")["scenario"] is None
    assert served.ask().status_code == 200
    left = served.ask(headers={"x-mock-session": "a"})
    assert (left.status_code, left.json()["error"]["code"]) == (404, "unknown_scenario")


@pytest.mark.parametrize("name", ["mine", "nothing", "..", "%2e%2e%2fmine.yaml", "mine.yaml"])
def test_a_file_is_neither_deleted_nor_reached_by_another_name(name: str, served: Served, file: Path) -> None:
    assert served.control.delete(f"/scenarios/{name}").status_code in (404, 405)
    assert name == "mine" or served.control.get(f"/scenarios/{name}").status_code == 404 or name == ".."
    assert file.read_text() == FILE


def test_a_file_that_is_gone_is_told_of_without_its_path(served: Served, file: Path) -> None:
    file.unlink()
    answer = served.control.get("/scenarios/mine")
    assert (answer.status_code, str(file) in answer.text) == (404, False)
    assert "no longer readable" in error_of(answer)["message"]
    assert text(served.ask()) == "from the file"


MISTAKES = "scenario: mine\nturns:\n  - when: {lst: user}\n    reply: a\n  - reply: '{{nme}}'\n    faults: [resett]\n"


def test_lint_gives_the_text_as_json(served: Served) -> None:
    assert served.post("/lint", {"yaml": MEMORY})["document"] == {
        "scenario": "mine", "turns": [{"reply": "from memory", "times": "always"}],
    }  # fmt: skip
    assert [served.post("/lint", {"yaml": text})["document"] for text in ("[1]", "a: [")] == [None, None]


def test_every_mistake_is_told_with_its_place_and_nothing_is_put(served: Served) -> None:
    found = served.post("/lint", {"yaml": MISTAKES})
    assert found["name"] == "mine"
    assert (found["problems"][0]["line"], found["problems"][0]["column"], found["problems"][0]["path"]) == (
        3, 12, "turns[0].when.lst",
    )  # fmt: skip
    answer = put(served, "mine", MISTAKES)
    assert (answer.status_code, error_of(answer)["problems"]) == (422, found["problems"])
    assert served.get("/scenarios/mine")["origin"] == "file"


@pytest.mark.parametrize(
    "yaml",
    [
        "",
        "[",
        "- a",
        "a: &a [*a]",
        "scenario: [a]",
        "\x00",
        "\ud7ff\x7f",
        "!!python/object:os.system {}",
        "&a " * 9_000,
        "[" * 9_000,
    ],
)
def test_whatever_text_comes_it_is_judged_and_nothing_fails(yaml: str, served: Served) -> None:
    found = served.post("/lint", {"yaml": yaml})
    assert found["problems"]
    assert put(served, "mine", yaml).status_code == 422
    assert put(served, "mine", yaml, "chaos").status_code == 422
    assert list(served.app.failures) == []


def test_a_text_is_kept_under_its_own_name(served: Served) -> None:
    answer = put(served, "other", MEMORY)
    assert answer.status_code == 422
    assert "names itself 'mine'" in error_of(answer)["message"]


def test_memory_is_bounded(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_config, "MOST_IN_MEMORY", 2)
    for name in ("a", "b"):
        assert put(served, name, f"scenario: {name}\nturns: [{{reply: hi}}]").status_code == 200
    assert put(served, "c", "scenario: c\nturns: [{reply: hi}]").status_code == 422
    assert put(served, "a", "scenario: a\nturns: [{reply: again}]").status_code == 200


def test_a_request_is_explained_by_name_or_by_text(served: Served) -> None:
    request = '{"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}'
    by_name = served.post("/explain", {"scenario": "mine", "request": request})
    assert by_name["lines"][0] == "Turn 1 of 'mine' answers this messages request."
    assert (by_name["answer"], by_name["turn"], by_name["turns"][0]["answers"]) == ("turn", 1, "now")
    assert served.post("/explain", {"yaml": FILE, "request": request}) == by_name


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"request": "{}"}, "expected exactly one of scenario, yaml"),
        ({"scenario": "mien", "request": "{}"}, "did you mean 'mine'?"),
        ({"scenario": "none", "request": "{}"}, "is no scenario"),
        ({"scenario": "mine", "request": "hello"}, "neither JSON nor a curl command"),
        ({"scenario": "mine", "request": "curl 'x"}, "cannot be read"),
        ({"scenario": "mine", "request": "curl -d @/etc/passwd http://x"}, "another file"),
        ({"scenario": "mine", "request": "curl -K /etc/passwd http://x"}, "unsupported curl option"),
        ({"scenario": "mine", "request": "curl http://[x"}, ""),
    ],
)
def test_what_cannot_be_explained_is_told(body: JsonValue, message: str, served: Served) -> None:
    answer = served.control.post("/explain", json=body)
    assert answer.status_code == 422, answer.text
    assert message in error_of(answer)["message"]
    assert "root:" not in answer.text


# --- Chaos

STORM = "chaos: storm\nabout: All fails.\nrules: [{error: {status: 503}}]"


def test_chaos_is_put_chosen_for_all_or_for_one_and_ended(served: Served) -> None:
    assert put(served, "storm", STORM, "chaos").status_code == 200
    assert {"name": "storm", "about": "All fails.", "rules": 1}.items() <= served.get("/chaos")[0].items()
    served.session(name="a", chaos="storm")
    assert served.ask(headers={"x-mock-session": "a"}).status_code == 503
    assert served.ask().status_code == 200
    served.control.patch("/defaults", json={"chaos": "storm"})
    assert served.ask().status_code == 503
    served.session(name="b", chaos="none")
    assert served.ask(headers={"x-mock-session": "b"}).status_code == 200
    assert served.control.delete("/chaos/storm").status_code == 204
    assert served.control.delete("/chaos/storm").status_code == 404
    assert served.get("/defaults")["chaos"] is None
    assert served.ask(headers={"x-mock-session": "c"}).status_code == 200
    assert served.ask(headers={"x-mock-session": "a"}).status_code == 404  # an error, not silently another scenario
    assert list(served.app.failures) == []


def test_a_chaos_profile_with_an_unknown_operation_is_refused(served: Served) -> None:
    text = "chaos: storm\nrules:\n  - {when: {operation: mesages}, faults: [reset]}\n"
    answer = put(served, "storm", text, "chaos")
    assert answer.status_code == 422
    assert "did you mean 'messages'?" in error_of(answer)["problems"][0]["message"]


def test_a_mistake_in_chaos_has_its_place(served: Served) -> None:
    answer = put(served, "storm", "chaos: storm\nrules:\n  - faults: [resett]\n", "chaos")
    [problem] = error_of(answer)["problems"]
    assert (problem["line"], problem["path"]) == (3, "rules[0].faults[0]")
    assert "did you mean 'reset'?" in problem["message"]
    assert served.get("/chaos") == []


# --- Faults


def test_the_table_of_faults_is_whole_and_its_examples_can_wait(served: Served) -> None:
    found = served.get("/faults")
    assert [fault["name"] for fault in found] == list(FAULTS)
    for fault in found:
        assert fault["about"]
        waiting = served.control.post("/next", json={"faults": [fault["example"]]})
        assert waiting.status_code == 201, (fault["name"], waiting.text)
        served.control.delete("/next")
