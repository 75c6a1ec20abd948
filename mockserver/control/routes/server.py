"""The server itself: what it is, how it is, its metrics, and the page."""

from importlib.resources import files

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mockserver import __version__
from mockserver.accounts.plans import MONTHLY_CREDITS
from mockserver.control import responses
from mockserver.control.context import ControlContext, MissingError
from mockserver.control.metrics import Metrics
from mockserver.server.stores.memory import StoreAwayError
from mockserver.wires.errors import STATUSES

KEY = "sk_test"
"""A key that works where none is configured."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""The kinds of files that the page is made of."""

PAGE = {
    file.name: (file.read_bytes(), TYPES[suffix])
    for file in files("mockserver.control").joinpath("page").iterdir()
    if (suffix := "." + file.name.rpartition(".")[2]) in TYPES
}
"""The page's files by name, read once: a request names one of these or nothing."""


def routes(hub: ControlContext, meters: Metrics) -> APIRouter:
    """The routes of the server."""
    router = APIRouter(tags=["server"])

    @router.get("/about")
    async def about() -> responses.AboutShape:
        """What this server is, and what can be chosen."""
        kinds = [
            responses.ErrorKindShape(status=status, code=kind.code, title=kind.message)
            for status, kind in STATUSES.items()
        ]
        return responses.AboutShape(
            version=__version__,
            started=hub.started,
            url=hub.url,
            openai_url=f"{hub.url}/api/v1",
            key=KEY,
            operations=list(dict.fromkeys([operation.name for operation in hub.contract.operations])),
            plans=list(MONTHLY_CREDITS),
            errors=kinds,
            session=hub.own,
        )

    @router.get("/health")
    async def health() -> responses.HealthShape:
        """Whether it runs at all."""
        return responses.HealthShape(status="ok")

    @router.get("/ready", responses={503: {"model": responses.HealthShape}})
    async def ready(response: Response) -> responses.HealthShape:
        """Whether it can answer: 503 while the session store is away."""
        try:
            await hub.app.store.find("ready")
        except StoreAwayError:
            response.status_code = 503
            response.headers["retry-after"] = "1"
            return responses.HealthShape(status="the session store is away")
        return responses.HealthShape(status="ready")

    @router.get("/metrics", response_class=Response)
    async def read_metrics() -> Response:
        """Counts and durations for Prometheus."""
        return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/", response_class=Response, include_in_schema=False)
    async def page() -> Response:
        """The page."""
        return _file("index.html")

    @router.get("/page/{name}", response_class=Response, include_in_schema=False)
    async def page_file(name: str) -> Response:
        """A file of the page."""
        return _file(name)

    return router


def _file(name: str) -> Response:
    if name not in PAGE:
        raise MissingError(f"the page has no file '{name}'")
    body, media_type = PAGE[name]
    return Response(body, media_type=media_type)
