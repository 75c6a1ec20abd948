"""The probes of a server without a control API."""

from collections.abc import Iterator

import httpx
import pytest

from mockserver.accounts.session import Session
from mockserver.control.probes import ProbedGateway
from mockserver.engine.step import Engine, EngineSettings
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import MemoryStore, StoreUnavailableError
from mockserver.server.uvicorn import bind, threaded, url_of
from tests.support.engine import contract


class LeavingStore(MemoryStore):
    """A store that does not answer while `is_away`."""

    is_away = False

    async def find(self, id: str) -> Session | None:
        if self.is_away:
            raise StoreUnavailableError
        return await super().find(id)


@pytest.fixture
def store() -> LeavingStore:
    return LeavingStore()


@pytest.fixture
def client(store: LeavingStore) -> Iterator[httpx.Client]:
    app = ProbedGateway(Gateway(Engine(contract(), {}, EngineSettings()), store=store))
    with bind("127.0.0.1", 0) as sock, threaded(app, sock), httpx.Client(base_url=url_of(sock)) as client:
        yield client


@pytest.mark.parametrize(("path", "status"), [("/_mock/health", "ok"), ("/_mock/ready", "ready")])
def test_a_probe_needs_no_token_and_no_known_host(path: str, status: str, client: httpx.Client) -> None:
    answer = client.get(path, headers={"host": "mock.service"})
    assert (answer.status_code, answer.json()) == (200, {"status": status})


def test_a_server_without_its_store_is_healthy_and_not_ready(client: httpx.Client, store: LeavingStore) -> None:
    store.is_away = True
    ready = client.get("/_mock/ready")
    assert (ready.status_code, ready.json(), ready.headers["retry-after"]) == (503, {"status": "not ready"}, "1")
    assert client.get("/_mock/health").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/_mock/health"), ("GET", "/_mock/about"), ("GET", "/_mock/"), ("GET", "/v1/none")]
)
def test_everything_else_is_the_gateways(method: str, path: str, client: httpx.Client) -> None:
    answer = client.request(method, path)
    assert "status" not in answer.json()
    assert answer.json()["error"]
