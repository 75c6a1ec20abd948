"""The appender: what passes becomes further turns of the file, unless it must not."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mockserver.core.errors import OperatorError
from mockserver.files.sidecar import sidecar_of
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.scenario import Recording
from mockserver.server.stream_gate import Delivery
from mockserver.server.traffic import LiveAnswer
from mockserver.upstream.appender import Appender
from tests.support.engine import MESSAGES, turns
from tests.upstream.support import REQUEST, live_answer

EXCHANGE = RecordedExchange(method="POST", path="/v1/messages", status=200)


def extend(before: Recording, exchanges: Sequence[RecordedExchange]) -> Recording:
    """Return both files with a line for each exchange."""
    if any(exchange.status == 500 for exchange in exchanges):
        raise OperatorError("a secret is left")
    lines = ["once more\n" if exchange.repeats else "more\n" for exchange in exchanges]
    return Recording(before.scenario + "".join(lines), before.frames + "frames\n" * len(exchanges))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text("mine\n", encoding="utf-8")
    return path


@pytest.fixture
def live() -> LiveAnswer:
    return live_answer(Delivery())


def test_each_exchange_is_added_once(file: Path, live: LiveAnswer) -> None:
    appender = Appender(file, extend)
    assert [appender.seen(live, EXCHANGE, ""), appender.seen(live, EXCHANGE, "")] == [(), ()]
    assert appender.close() == (2, "")
    assert file.read_text(encoding="utf-8") == "mine\nmore\nmore\n"
    assert sidecar_of(file).read_text(encoding="utf-8") == "frames\nframes\n"


def test_exact_answers_follow_those_that_are_there(file: Path, live: LiveAnswer) -> None:
    sidecar_of(file).write_text("mine\n", encoding="utf-8")
    appender = Appender(file, extend)
    appender.seen(live, EXCHANGE, "")
    appender.close()
    assert sidecar_of(file).read_text(encoding="utf-8") == "mine\nframes\n"


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (200, REQUEST.body, "mine\nmore\nonce more\n"),
        (429, REQUEST.body, "mine\nmore\n"),
        (200, b"{}", "mine\nmore\n"),
    ],
)
def test_a_request_that_comes_again_is_known_by_its_answer(file: Path, status: int, body: bytes, text: str) -> None:
    unmatched = live_answer(Delivery(), turns("  - {when: {text: other}, reply: Hi}\n"))
    exchange = RecordedExchange(method="POST", path=MESSAGES, body=body, status=status)
    appender = Appender(file, extend)
    assert appender.known(unmatched) is None
    appender.seen(unmatched, exchange, "")
    assert appender.known(unmatched) == (exchange if "once" in text else None)
    appender.close()
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("exchange", "skipped", "reason"),
    [
        (EXCHANGE, "the client left", "not recorded: the client left"),
        (RecordedExchange(method="POST", path="/api/v1/auth/login"), "", "not recorded: a login"),
        (RecordedExchange(method="OPTIONS", path="/v1/messages"), "", "not recorded: a preflight"),
    ],
)
def test_what_cannot_be_recorded_is_said(
    file: Path, live: LiveAnswer, exchange: RecordedExchange, skipped: str, reason: str
) -> None:
    appender = Appender(file, extend)
    assert appender.seen(live, exchange, skipped) == (reason,)
    assert appender.close() == (0, "")


def test_a_file_that_someone_edits_meanwhile_is_left_alone(file: Path, live: LiveAnswer) -> None:
    appender = Appender(file, extend)
    file.write_text("other\n", encoding="utf-8")
    appender.seen(live, EXCHANGE, "")
    assert "was changed by someone else" in appender.close()[1]
    assert file.read_text(encoding="utf-8") == "other\n"


def test_a_text_that_must_not_be_written_is_not(file: Path, live: LiveAnswer) -> None:
    appender = Appender(file, extend)
    appender.seen(live, RecordedExchange(method="GET", path="/", status=500), "")
    assert appender.close() == (1, "a secret is left")
    assert file.read_text(encoding="utf-8") == "mine\n"


def test_a_file_that_is_gone_is_trouble_and_not_a_crash(file: Path, live: LiveAnswer) -> None:
    appender = Appender(file, extend)
    file.unlink()
    appender.seen(live, EXCHANGE, "")
    assert "cannot be written: No such file or directory" in appender.close()[1]
    with pytest.raises(OperatorError, match="cannot be read"):
        Appender(file, extend)
