"""The appender: what passes becomes further turns of the file, unless it must not."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mockserver.core.errors import OperatorError
from mockserver.recording.exchange import RecordedExchange
from mockserver.server.stream_gate import Delivery
from mockserver.server.traffic import LiveAnswer
from mockserver.upstream.appender import Appender
from tests.upstream.support import live_answer

EXCHANGE = RecordedExchange(method="POST", path="/v1/messages", status=200)


def extend(text: str, exchanges: Sequence[RecordedExchange]) -> str:
    """Return a text with a line for each exchange."""
    if any(exchange.status == 500 for exchange in exchanges):
        raise OperatorError("a secret is left")
    return text + "more\n" * len(exchanges)


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
