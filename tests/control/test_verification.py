"""Routes of verification and verdict."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import JsonValue

from mockserver.journal.record import Record
from mockserver.scenarios.difference import Difference
from tests.control.support import PATIENCE, Served, error_of, serving
from tests.support.engine import turns

PLAYED = turns("""
  - when: {text: retry}
    error: {status: 429, retry_after: 5}
    times: always
  - reply: hi
    times: always
""")


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(PLAYED, playing="test") as served:
        yield served


@pytest.mark.parametrize(
    ("body", "ok", "exchanges"),
    [
        ({"when": {"text": "a"}}, True, [1, 3]),
        ({"when": {"text": "a"}, "times": 2}, True, [1, 3]),
        ({"when": {"text": "a"}, "times": 1}, False, []),
        ({"when": {"text": "c"}, "times": 0}, True, []),
        ({"when": {"text": "c"}}, False, []),
        ({"order": [{"text": "b"}, {"text": "a"}]}, True, [2, 3]),
        ({"order": [{"text": "b"}, {"text": "b"}]}, False, []),
        ({"session": "s", "times": 1}, True, [2]),
        ({"after": 2, "times": 1}, True, [3]),
        ({}, True, [1, 2, 3]),
    ],
)
def test_what_came_is_verified(body: JsonValue, ok: bool, exchanges: list[int], served: Served) -> None:
    served.ask("a")
    served.ask("b", headers={"x-mock-session": "s"})
    served.ask("a")
    found = served.post("/verify", body)
    assert (found["ok"], found["exchanges"], found["message"] == "") == (ok, exchanges, ok)


def test_what_is_yet_to_come_is_waited_for_and_the_watcher_goes(served: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(served.post, "/verify", {"when": {"text": "late"}, "within": "30s"})
        served.holds(lambda: bool(served.app.traffic.watchers))
        served.ask("late")
        assert found.result(PATIENCE)["ok"] is True
    served.holds(lambda: not served.app.traffic.watchers)


@pytest.mark.parametrize("expected", [{"when": {}, "times": 4}, {"order": [{"text": text} for text in "abcd"]}])
def test_a_verification_that_waits_looks_at_each_exchange_once(
    expected: dict[str, JsonValue], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    differences = Record.differences

    def counted(record: Record, *arguments: Any) -> list[Difference]:
        looks.append(record.path)
        return differences(record, *arguments)

    served.ask("a")
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(Record, "differences", counted)
        found = pool.submit(served.post, "/verify", {**expected, "within": "30s"})
        for number, text in enumerate("bcd", start=1):
            served.holds(lambda number=number: len(looks) == number)  # type: ignore[misc]  # a default of a lambda
            served.ask(text)
        assert found.result(PATIENCE)["ok"] is True
    assert len(looks) == 4 + 4  # once as they came, and once for the answer


def test_order_and_when_exclude_each_other(served: Served) -> None:
    answer = served.control.post("/verify", json={"order": [{}], "times": 1})
    assert (answer.status_code, error_of(answer)["message"]) == (422, "expected order, or when and times")


def test_a_verdict_reads_only_what_is_new(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    copy = Record.copy

    def counted(record: Record) -> Record:
        read.append(record.number)
        return copy(record)

    for _ in range(3):
        served.ask("retry")
    first = served.get("/verdict")
    monkeypatch.setattr(Record, "copy", counted)
    assert served.get("/verdict") == first
    assert read == []
    served.ask("a")
    served.get("/verdict")
    assert set(read) == {4}


def test_a_verdict_blames_with_evidence_and_each_session_by_itself(served: Served) -> None:
    assert served.get("/verdict")["findings"] == []
    for _ in range(2):
        served.ask("retry", headers={"x-mock-session": "hasty"})
    served.ask("a")
    findings = served.get("/verdict")["findings"]
    assert findings
    assert {number for finding in findings for number in finding["exchanges"]} <= {1, 2}
    assert all(finding["evidence"] and finding["right"] and finding["reason"] for finding in findings)
    nobody = served.get("/verdict", session="nobody")
    assert (nobody["findings"], nobody["exchanges"], nobody["checked"]) == ([], 0, [])
    assert set(nobody["unchecked"].values()) == {"no request came"}
    assert served.get("/verdict", after=2)["findings"] == []


def test_a_verdict_lists_what_was_accepted_with_a_note(served: Served) -> None:
    for _ in range(2):
        served.ask("a", model="claude-opus-4", max_tokens=64_000)
    note = "max_tokens: 64000 > 8192, which is the maximum for claude-opus-4; limited to 8192"
    assert served.get("/verdict")["warnings"] == {note: [1, 2]}


@pytest.mark.parametrize("query", ["concurrency=0", "read_timeout=0", "read_timeout=nan", "after=-1"])
def test_a_limit_that_is_none_is_refused(query: str, served: Served) -> None:
    assert served.control.get(f"/verdict?{query}").status_code == 422
