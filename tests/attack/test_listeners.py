"""Whatever a watcher, a listener or a log line does, an answer is delivered and entered in the journal."""

import errno

import pytest

from mockserver.journal.log import Exchange
from mockserver.server.traffic import LiveAnswer
from tests.control.support import Served, serving
from tests.support.engine import turns

PLAYED = turns("  - {reply: one two three, times: always}")

ERRORS = (
    ValueError("a bug"),
    IndexError("tuple index out of range"),
    BrokenPipeError(errno.EPIPE, "Broken pipe"),
    OSError(errno.ENOSPC, "No space left on device"),
)


class Broken:
    """A watcher that raises at one of its three moments."""

    def __init__(self, moment: str, error: Exception) -> None:
        self.moment = moment
        self.error = error

    def _at(self, moment: str) -> None:
        if moment == self.moment:
            raise self.error

    def began(self, live: LiveAnswer) -> None:
        self._at("began")

    def changed(self, live: LiveAnswer) -> None:
        self._at("changed")

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        self._at("ended")


def answers_as_ever(served: Served) -> None:
    """Check that whole and streamed answers come, and are in the journal, the metrics and nowhere on the way."""
    assert served.ask().json()["content"][0]["text"] == "one two three"
    with served.streaming() as response:
        assert response.status_code == 200
        assert "message_stop" in response.read().decode()
    shown = served.get("/exchanges")["exchanges"]
    assert [(one["status"], one["ended"]) for one in shown] == [(200, "complete"), (200, "complete")]
    assert served.get("/live") == []
    metrics = served.control.get("/metrics").text
    assert 'mockserver_exchanges_total{ended="complete",operation="messages",status="200"} 2.0' in metrics


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("moment", ["began", "changed", "ended"])
def test_a_watcher_that_raises_costs_no_answer(moment: str, error: Exception) -> None:
    with serving(PLAYED, playing="test") as served:
        served.on_loop(lambda: served.app.traffic.watchers.insert(0, Broken(moment, error)))
        answers_as_ever(served)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_listener_that_raises_costs_no_answer(error: Exception) -> None:
    def listen(exchange: Exchange) -> None:
        raise error

    with serving(PLAYED, playing="test") as served:
        served.on_loop(lambda: served.app.journal.listeners.insert(0, listen))
        answers_as_ever(served)


def test_a_listener_that_raises_keeps_nothing_from_the_others() -> None:
    heard: list[int] = []

    def listen(exchange: Exchange) -> None:
        raise ValueError("a bug")

    with serving(PLAYED, playing="test") as served:
        served.on_loop(lambda: served.app.journal.listeners.insert(0, listen))
        served.on_loop(lambda: served.app.journal.listeners.append(lambda exchange: heard.append(exchange.number)))
        answers_as_ever(served)
    assert heard == [1, 2]
