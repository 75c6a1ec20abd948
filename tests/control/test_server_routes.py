"""Routes of the server itself: description, readiness, metrics, and the page's files."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mockserver import __version__
from mockserver.accounts.session import Session
from mockserver.control.routes.server import PAGE
from mockserver.journal.log import Journal
from mockserver.server.stores.memory import MemoryStore, StoreUnavailableError
from tests.control.support import Served, error_of, serving
from tests.support.engine import CHAT, turns

T = TypeVar("T")

PLAYED = turns("""
  - when: {text: held}
    reply: one two
    faults: [{hold: {at: 2}}]
    times: always
  - when: {text: hi}
    reply: hi
    usage: {input: 10, output: 2}
    times: always
""")


class LostStore(MemoryStore):
    """A store that is unavailable."""

    async def find(self, id: str) -> Session | None:
        raise StoreUnavailableError("it does not answer")

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        raise StoreUnavailableError("it does not answer")

    async def sessions(self, limit: int) -> list[Session]:
        raise StoreUnavailableError("it does not answer")


def test_it_says_what_it_is_and_what_can_be_chosen(served: Served) -> None:
    about = served.get("/about")
    assert (about["version"], about["url"], about["openai_url"]) == (__version__, served.url, f"{served.url}/api/v1")
    assert {"messages", "chat"} <= set(about["operations"])
    assert "starter" in about["plans"]
    assert {429, 402, 500, 529} <= {kind["status"] for kind in about["errors"]}
    assert about == served.get("/about")


def test_two_servers_tell_themselves_apart(served: Served) -> None:
    with serving() as other:
        assert other.get("/about")["started"] != served.get("/about")["started"]


def test_it_is_well_and_ready(served: Served) -> None:
    assert (served.get("/health"), served.get("/ready")) == ({"status": "ok"}, {"status": "ready"})
    assert served.get("/sessions") == []


def test_while_the_store_is_away_it_is_well_and_not_ready() -> None:
    with serving(store=LostStore()) as served:
        assert served.get("/health") == {"status": "ok"}
        away = served.control.get("/ready")
        assert (away.status_code, away.headers["retry-after"], away.json()) == (503, "1", {"status": "not ready"})
        for answer in (served.control.get("/sessions"), served.control.post("/sessions", json={})):
            assert (answer.status_code, error_of(answer)["code"], answer.headers["retry-after"]) == (
                503,
                "store_away",
                "1",
            )
        assert served.get("/exchanges")["exchanges"] == []
        assert list(served.app.failures) == []


def metrics(served: Served) -> dict[tuple[str, str], float]:
    """Return the samples of the metrics by name and labels."""
    answer = served.control.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, ",".join([f"{name}={value}" for name, value in sorted(sample.labels.items())])): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_metrics_add_up_also_when_the_journal_has_forgotten() -> None:
    with serving(PLAYED, playing="test", journal=Journal(2)) as served:
        for _ in range(5):
            served.ask("hi")
        served.ask("hi", CHAT, stream=True)
        served.ask("nothing fits")
        assert served.get("/exchanges")["forgotten"] == 5
        found = metrics(served)
        assert found["mockserver_exchanges_total", "ended=complete,operation=messages,status=200"] == 5
        assert found["mockserver_exchanges_total", "ended=complete,operation=chat,status=200"] == 1
        assert found["mockserver_exchanges_total", "ended=complete,operation=messages,status=404"] == 1
        assert found["mockserver_unmatched_total", ""] == 1
        assert (found["mockserver_tokens_total", "kind=input"], found["mockserver_tokens_total", "kind=output"]) == (
            60,
            12,
        )
        assert found["mockserver_exchange_seconds_count", "operation=messages"] == 6
        assert found["mockserver_exchange_seconds_bucket", "le=+Inf,operation=messages"] == 6
        buckets = [
            value
            for (name, labels), value in found.items()
            if name == "mockserver_exchange_seconds_bucket" and labels.endswith("operation=messages")
        ]
        assert buckets == sorted(buckets)
        assert (found["mockserver_live", ""], found["mockserver_failures", ""]) == (0, 0)
        assert found["mockserver_answer_bytes_total", ""] > 0


def test_what_is_on_its_way_and_what_is_held_is_measured() -> None:
    with serving(PLAYED, playing="test") as served, served.streaming("held"):
        served.holds(lambda: any(one.delivery.gate.is_shut for one in served.app.traffic.live.values()))
        found = metrics(served)
        assert (found["mockserver_live", ""], found["mockserver_held", ""]) == (1, 1)
        served.post(f"/live/{served.get('/live')[0]['id']}/run")


def test_the_page_and_its_files_have_their_types(served: Served) -> None:
    assert served.control.get("/").headers["content-type"] == "text/html; charset=utf-8"
    kinds = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    for name in PAGE:
        answer = served.control.get(f"/page/{name}")
        assert answer.headers["content-type"].startswith(kinds[name.rpartition(".")[2]])
        assert answer.content == PAGE[name][0]


@pytest.mark.parametrize("name", ["", "nothing.js", "..%2fcli.py", "%2e%2e/guard.py", "index.html%00", "Index.html"])
def test_no_other_file_is_served(name: str, served: Served) -> None:
    assert served.control.get(f"/page/{name}").status_code == 404
