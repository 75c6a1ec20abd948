"""The parts of a gateway under test: facts of odd answers, the client in front, the lines for people."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.core.errors import OperatorError
from mockserver.gate import relay
from mockserver.gate.baseline_file import BaselineEntry
from mockserver.gate.passage import baseline, reports
from mockserver.gate.passage.asking import PassageClient
from mockserver.gate.passage.cases import CASES
from mockserver.gate.passage.facts import ANSWER_FACTS, REQUEST_FACTS, PassageAnswer
from mockserver.gate.passage.results import FactResult, PassageResult, PassageRun
from mockserver.recording.exchange import Frame, RecordedExchange
from mockserver.wires import WIRES

CHAT = WIRES["openai"]
TEXT = CASES[0]


def answer(body: str, status: int = 200, media: str = "application/json", ended: str = "complete") -> PassageAnswer:
    exchange = RecordedExchange(
        method="POST",
        path=CHAT.route,
        status=status,
        response_headers={"content-type": media},
        frames=(Frame(0.0, body.encode()),),
        ended=ended,  # type: ignore[arg-type]  # one of the words, as the caller writes it
    )
    return PassageAnswer(exchange, CHAT)


ODD = {
    "an error": answer('{"error": {"message": "no"}}', 500),
    "no JSON": answer("<h1>no</h1>"),
    "a list": answer("[]"),
    "choices that are no list": answer('{"choices": 7}'),
    "a stream that says nothing": answer("data: 7\n\n", media="text/event-stream"),
    "a stream of odd choices": answer('data: {"choices": [7]}\n\n', media="text/event-stream"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_odd_answer_says_nothing_and_raises_nothing(odd: PassageAnswer) -> None:
    said = {name: fact(odd) for name, fact in ANSWER_FACTS.items()}
    assert {name for name, words in said.items() if words} <= {"status", "end", "error message", "pace"}
    assert said["end"] == "not whole"


MESSAGES = {
    '{"error": {"message": "why"}}': "why",
    '{"error": "why"}': "why",
    '{"detail": "why"}': "why",
    '{"message": "why"}': "why",
    '{"detail": ["why"]}': None,
}


@pytest.mark.parametrize(("body", "words"), MESSAGES.items())
def test_the_message_of_an_error_is_read_in_each_usual_form(body: str, words: str | None) -> None:
    assert ANSWER_FACTS["error message"](answer(body, 400)) == words


def test_a_request_with_a_picture_says_its_kind() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    body = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Look"}, picture]}]}
    assert REQUEST_FACTS["history"](CHAT.parse(body, None)) == "Look | Media"


def test_no_answer_is_an_exchange_too() -> None:
    client = PassageClient("http://127.0.0.1:1", "k")
    assert client.ask("/v1/messages", b"{}").ended == "no_answer"
    with pytest.raises(OperatorError, match="nothing listens there"):
        client.models()
    client.leave("/v1/messages", b"{}")
    client.close()


def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came() -> None:
    cut = relay.Outgoing(200, [], [b"half"], ending="cut")
    with relay.serving(lambda request: cut) as url:
        client = PassageClient(url, "k")
        exchange = client.ask("/v1/messages", b"{}")
        client.close()
    assert (exchange.payload, exchange.ended) == (b"half", "reset")


def test_a_silent_gateway_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.gate.passage.asking.SILENCE", 0.05)
    with relay.serving(lambda request: relay.Outgoing(200, [], [b"half"], ending="hang")) as url:
        client = PassageClient(url, "k")
        exchange = client.ask("/v1/messages", b"{}")
        client.close()
    assert (exchange.payload, exchange.ended) == (b"half", "closed")


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.gate.passage.asking.LONGEST", -1.0)
    with relay.serving(lambda request: relay.Outgoing(200, [], [b"half", b"more"])) as url:
        client = PassageClient(url, "k")
        exchange = client.ask("/v1/messages", b"{}")
        client.close()
    assert exchange.ended == "closed"


def result(*facts: FactResult, **more: object) -> PassageResult:
    return PassageResult(TEXT, "openai", "whole", [*facts], **more)  # type: ignore[arg-type]  # fields by name


def run(*results: PassageResult, stopped: str = "") -> PassageRun:
    return PassageRun("http://gateway", "http://mock", "m", [*results], {"openai": CHAT.route}, stopped=stopped)


CODES: tuple[tuple[PassageRun, int], ...] = (
    (run(result(compared=1)), 0),
    (run(result(FactResult("text", "a", "b"), compared=1), result(reason="no answer")), 1),
    (run(result(compared=1), result(reason="no answer")), 3),
    (run(result(compared=1), stopped="interrupted by Ctrl-C"), 3),
    (run(result(absent=True, reason="refused")), 3),
)


@pytest.mark.parametrize(("finished", "code"), CODES)
def test_the_exit_code_is_the_gates(finished: PassageRun, code: int) -> None:
    assert finished.exit_code == code
    assert b"<testsuite " in reports.as_junit(finished)
    assert json.loads(reports.as_json(finished))["exit_code"] == code


def lines(finished: PassageRun) -> str:
    return "\n".join(reports.lines(finished))


def test_both_sides_are_shown_from_where_they_part() -> None:
    words = lines(run(result(FactResult("text", f"{'a' * 90}b{'c' * 90}", f"{'a' * 90}d{'c' * 90}"), requests=2)))
    assert f"sent …{'a' * 12}b{'c' * 47}… (181 characters); arrived …{'a' * 12}d" in words
    assert "asked the upstream 2 times" in words


TODAY = datetime.date(2026, 11, 27)
FACT = FactResult("text", "a", "b")


def entry(**more: Any) -> BaselineEntry:
    """Return an entry that accepts the fact."""
    rest = {"facts": ["openai, whole: text changed"]}
    return BaselineEntry("text", TODAY, "known", **({"rest": rest} | more))


ENTRIES: tuple[tuple[BaselineEntry, PassageRun, str, list[str]], ...] = (
    (entry(), run(result(FACT, compared=1)), "accepted", []),
    (entry(rest={"facts": ["openai, whole: text lost"]}), run(result(FACT, compared=1)), "changed", []),
    (entry(), run(result(compared=1)), "kept", ["text: is kept now; remove its entry"]),
    (entry(), run(result(absent=True)), "not offered", []),
    (
        entry(until=datetime.date(2026, 11, 26)),
        run(result(FACT, compared=1)),
        "changed",
        ["text: accepted until 2026-11-26, which has passed"],
    ),
)


@pytest.mark.parametrize(("accepted", "finished", "state", "complaints"), ENTRIES)
def test_an_entry_accepts_its_facts_while_it_is_needed(
    accepted: BaselineEntry, finished: PassageRun, state: str, complaints: list[str]
) -> None:
    baseline.apply(finished, [accepted], TODAY)
    assert (finished.results[0].state, finished.complaints) == (state, complaints)
    assert finished.exit_code == (1 if complaints or state == "changed" else 3 if state == "not offered" else 0)
    assert all(f"Baseline: {complaint}" in lines(finished) for complaint in complaints)
    assert f'failures="{int(state == "changed")}"'.encode() in reports.as_junit(finished)


def test_an_entry_that_is_still_needed_keeps_its_date_and_reason(tmp_path: Path) -> None:
    file, until = tmp_path / "known.yaml", datetime.date(2027, 1, 1)
    lost = PassageResult(TEXT, "anthropic", "stream", [FactResult("stop", "end", None)])
    kept = entry(until=until)
    text = baseline.write(run(result(FACT), lost), [kept], TODAY + datetime.timedelta(1))
    file.write_text(text, encoding="utf-8")
    (read,) = baseline.read(file)
    assert (read.since, read.why, read.until) == (TODAY, "known", until)
    assert read.rest["facts"] == ["openai, whole: text changed", "anthropic, stream: stop lost"]


def test_two_entries_of_one_day_each_have_their_date() -> None:
    other = PassageResult(CASES[1], "openai", "whole", [FACT])
    assert baseline.write(run(result(FACT), other), [], TODAY).count("since: 2026-11-27\n") == 2


def test_an_entry_needs_its_facts(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text("- {case: text, since: 2026-11-27, why: known}", encoding="utf-8")
    with pytest.raises(OperatorError, match="text: facts: expected a list of texts"):
        baseline.read(file)


def test_a_run_that_was_stopped_says_so() -> None:
    assert "Stopped early: interrupted by SIGTERM" in lines(
        run(result(reason="no answer"), stopped="interrupted by SIGTERM")
    )
