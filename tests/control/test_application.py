"""Errors of the control API: their common shape and messages, and the mock's own failures."""

import logging
from collections.abc import Callable
from typing import TypeVar

import pytest

from mockserver.accounts.session import Session
from mockserver.server.stores.memory import MemoryStore
from tests.control.support import Served, error_of, serving

T = TypeVar("T")


def test_servers_of_a_process_share_the_routes_and_nothing_else(served: Served) -> None:
    with serving() as other:
        for server in (served, other):
            assert server.get("/about")["url"] == server.url
        served.session(name="mine")
        served.ask()
        assert other.get("/sessions") == []
        for server, entered in ((served, 1), (other, 0)):
            assert server.get("/coverage")["exchanges"] == server.get("/exchanges")["entered"] == entered
            assert ('operation="messages"' in server.control.get("/metrics").text) is bool(entered)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "application/json"),
        ("{", "application/json"),
        ("[1]", "application/json"),
        ('"text"', "application/json"),
        ("null", "application/json"),
        ("{}", "text/plain"),
        ("a=b", "application/x-www-form-urlencoded"),
        ("\x00\xff", "application/json"),
    ],
)
def test_a_body_that_is_no_object_is_told(body: str, kind: str, served: Served) -> None:
    answer = served.control.post("/verify", content=body.encode("latin-1"), headers={"content-type": kind})
    assert answer.status_code in (400, 422)
    assert "JSON" in error_of(answer)["message"] or answer.status_code == 400


@pytest.mark.parametrize("levels", [60, 98, 99, 254, 300, 1_024, 100_000])
def test_a_body_that_is_too_deep_is_told(levels: int, served: Served) -> None:
    body = '{"turn": {"reply": ' + "[" * levels + "]" * levels + "}}"
    answer = served.control.post("/next", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    message = error_of(answer)["message"]
    assert len(message) < 300
    assert (message == "This JSON is nested more than 100 levels deep.") is (levels > 98)


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity", "9" * 30, "9" * 5_000])
def test_a_number_that_is_none_is_told(number: str, served: Served) -> None:
    for path, body in (
        ("/next", f'{{"turn": {{"reply": "hi", "usage": {{"input": {number}}}}}}}'),
        ("/sessions", f'{{"clock": {{"speed": {number}}}}}'),
        ("/sessions", f'{{"account": {{"plan": "starter", "credits": {number}}}}}'),
    ):
        answer = served.control.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), (path, answer.text)
        error_of(answer)
    assert served.get("/sessions") == []


def test_letters_that_cannot_be_written_are_told(served: Served) -> None:
    for path, body in (
        ("/sessions", '{"\\ud800": 1}'),
        ("/sessions", '{"seed": "\\ud800"}'),
        ("/sessions", '{"pace": {"\\udfff": 1}}'),
        ("/next", '{"faults": ["\\ud800"]}'),
        ("/next", '{"turn": {"reply": "\\ud83d"}}'),
        ("/lint", '{"yaml": "a\\udc00b"}'),
    ):
        answer = served.control.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, path
        assert error_of(answer)["message"].startswith("This is not JSON: ")


def test_letters_that_yaml_does_not_know_can_be_queued(served: Served) -> None:
    text = "\x7f \x85 \x9b \u2028 \ufeff 🎉"
    served.post("/next", {"turn": {"reply": text}}, 201)
    assert served.ask().json()["content"][0]["text"] == text


@pytest.mark.parametrize("path", ["/nothing", "/sessions/", "/sessions/a/b", "/exchanges/1/copy/wget", "/page"])
def test_what_is_not_there_is_told_where_to_look(path: str, served: Served) -> None:
    answer = served.control.get(path)
    assert answer.status_code in (404, 422)
    error_of(answer)


def test_another_method_is_told_which_there_are(served: Served) -> None:
    answer = served.control.put("/sessions", json={})
    assert (answer.status_code, error_of(answer)["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"]


class BrokenStore(MemoryStore):
    """A store with a bug."""

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        raise RuntimeError("a detail of ours")


def test_our_own_failure_is_told_without_details_logged_and_remembered(caplog: pytest.LogCaptureFixture) -> None:
    with serving(store=BrokenStore()) as served:
        answer = served.control.post("/sessions", json={"name": "a"})
        assert (answer.status_code, error_of(answer)["code"], "detail" in answer.text) == (500, "mock_error", False)
        assert "content-security-policy" in answer.headers
        assert served.get("/health") == {"status": "ok"}
        assert [failure for _, failure in served.app.failures] == [
            "POST /_mock/sessions: RuntimeError: a detail of ours"
        ]
    assert [record.name for record in caplog.records if record.levelno >= logging.ERROR] == ["mockserver"]
