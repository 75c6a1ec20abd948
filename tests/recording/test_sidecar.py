"""The file beside a recording: every byte as it came, without secrets; the bytes come back with `replay: exact`."""

import msgspec
import pytest

from mockserver.core.actions import Data
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import loader
from mockserver.recording.exchange import Ended, Frame, RecordedExchange
from mockserver.recording.scenario import Recording, recording_of
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.recorded import RecordedAnswer, read_answers
from tests.support.engine import Talk, extended, turns
from tests.support.recordings import PATHS, Recorder, ask, said

each_wire = pytest.mark.parametrize("wire", PATHS)

TURN = "  - {reply: one two three, pace: {first: 300ms, rate: 10/s}}\n"


def recorded(wire: str, text: str = TURN, *, stream: bool = True) -> RecordedExchange:
    """Return the exchange of one turn, with its times."""
    return Recorder(Talk(turns(text), served=extended())).ask(ask(wire, said("hi"), stream=stream))


def replaying(recording: Recording) -> Talk:
    """Return a session that replays a recording exactly."""
    text = recording.scenario.replace("turns:", "replay: exact\nturns:", 1)
    answers = read_answers(recording.frames.encode())
    script, problems = compile_scenario(loader.parse(text.encode(), "x.yaml").scenario, extended(), answers)
    assert problems == []
    talk = Talk()
    talk.engine = Engine(extended(), {script.name: script}, EngineSettings(scenario=script.name))
    return talk


def replayed(exchange: RecordedExchange) -> RecordedExchange:
    """Return the same exchange with the exact replay of its recording."""
    recorder = Recorder(replaying(recording_of([exchange], "exact", extended())))
    [wire] = [wire for wire, path in PATHS.items() if path == exchange.path]
    return recorder.ask(ask(wire, said("hi"), stream=b'"stream":true' in exchange.body))


def only_line(exchange: RecordedExchange) -> RecordedAnswer:
    """Return the one recorded answer of an exchange."""
    [answer] = read_answers(recording_of([exchange], "exact", extended()).frames.encode())
    return answer


@each_wire
@pytest.mark.parametrize("stream", [False, True])
def test_the_bytes_and_their_times_come_back(wire: str, stream: bool) -> None:
    exchange = recorded(wire, stream=stream)
    again = replayed(exchange)
    assert again.payload == exchange.payload
    assert [frame.at for frame in again.frames] == pytest.approx([frame.at for frame in exchange.frames], abs=0.001)


def test_bytes_that_no_wire_of_the_mock_writes_come_back() -> None:
    frames = (
        Frame(0.1, b": ping\r\n\r\nevent: odd\rdata: 1\r\r"),
        Frame(0.2, b"data: \xff\n\ndata: [DO"),
        Frame(0.4, b"NE]\n\nhalf"),
    )
    exchange = msgspec.structs.replace(recorded("openai"), frames=frames)
    answer = only_line(exchange)
    kinds = [(piece.at, piece.kind, piece.is_base64) for piece in answer.pieces]
    assert kinds == [
        (0.1, "comment", False),
        (0.1, "odd", False),
        (0.2, "data", True),
        (0.4, "done", False),
        (0.4, "comment", False),
    ]
    assert replayed(exchange).payload == exchange.payload


@pytest.mark.parametrize("ended", ["closed", "reset"])
def test_a_broken_answer_breaks_again_at_the_same_byte(ended: Ended) -> None:
    whole = recorded("anthropic")
    exchange = msgspec.structs.replace(whole, frames=whole.frames[:5], ended=ended)
    again = replayed(exchange)
    assert (again.payload, again.ended) == (exchange.payload, ended)


def test_a_body_that_is_cut_off_keeps_the_length_that_it_should_have_had() -> None:
    whole = recorded("anthropic", stream=False)
    exchange = msgspec.structs.replace(whole, frames=(Frame(0.0, whole.payload[:20]),), ended="closed")
    assert only_line(exchange).headers["content-length"] == whole.response_headers["content-length"]


def test_no_answer_is_none_again() -> None:
    exchange = msgspec.structs.replace(recorded("openai"), status=0, response_headers={}, frames=(), ended="no_answer")
    again = replayed(exchange)
    assert (again.status, again.ended) == (0, "no_answer")


def test_secrets_are_words_in_every_byte() -> None:
    text = "  - {reply: 'Mail bob@example.com about sk_live_0123456789abcdef.'}\n"
    for stream in (False, True):
        answer = only_line(recorded("anthropic", text, stream=stream))
        assert "example.com" not in answer.line
        assert "sk_live" not in answer.line


def test_a_secret_that_spans_two_frames_of_a_body_joins_them() -> None:
    whole = recorded("anthropic", "  - {reply: Mail bob@example.com today.}\n", stream=False)
    place = whole.payload.index(b"example")
    halves = (Frame(0.1, whole.payload[:place]), Frame(0.2, whole.payload[place:]))
    answer = only_line(msgspec.structs.replace(whole, frames=halves))
    assert [(piece.at, "Mail secret-1 today" in piece.text) for piece in answer.pieces] == [(0.2, True)]


def test_a_secret_that_is_split_over_events_has_no_line() -> None:
    played = "  - {reply: 'Mail bob@example.com today.', pace: {chunk: character}}\n"
    recording = recording_of([recorded("anthropic", played)], "exact", extended())
    assert recording.frames == ""
    assert "{{secret.1}}" in recording.scenario


def test_a_request_of_another_form_gets_the_meaning_and_a_warning() -> None:
    talk = replaying(recording_of([recorded("anthropic")], "exact", extended()))
    for wire, stream in (("openai", True), ("anthropic", False)):
        talk.session = Talk().session
        _, decision = talk.engine.step(talk.session, ask(wire, said("hi"), stream=stream), talk.now)
        assert b"three" in b"".join([action.payload for action in decision.actions if isinstance(action, Data)])
        assert any("as a stream, so this answer has the recorded meaning" in one for one in decision.note.warnings)


def test_tries_that_fail_alike_have_an_answer_each() -> None:
    recorder = Recorder(Talk(turns("  - {error: {status: 429}, times: 2}\n  - reply: ok\n"), served=extended()))
    for retry in range(3):
        recorder.ask(ask("openai", said("hi")), retry)
    recording = recording_of(recorder.exchanges, "tries", extended())
    assert "times: 2" in recording.scenario
    again = Recorder(replaying(recording))
    for _ in range(3):
        again.ask(ask("openai", said("hi")))
    assert [one.payload for one in again.exchanges] == [one.payload for one in recorder.exchanges]


def test_equal_answers_of_a_plain_route_have_one() -> None:
    recorder = Recorder(Talk(served=extended()))
    for _ in range(3):
        recorder.ask(ask("openai", said("hi")))  # a conversation has one each
    exchange = msgspec.structs.replace(recorder.exchanges[0], method="GET", path="/v1/extra", body=b"")
    assert recording_of([exchange] * 3, "plain", extended()).frames.count("\n") == 1


def test_a_recording_says_its_day_and_says_the_new_one_when_it_is_made_again() -> None:
    exchange = recorded("openai")
    first = recording_of([exchange], "day", extended(), on="2026-01-31").scenario
    assert '\nrecorded: "2026-01-31"\nturns:\n' in first
    again = recording_of([exchange], "day", extended(), on="2026-02-01", before=first).scenario
    assert again == first.replace("01-31", "02-01")
