"""Routes of the server itself: its description, health, metrics, and the page."""

from importlib.resources import files

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mockserver import __version__
from mockserver.accounts.plans import MONTHLY_CREDITS
from mockserver.control import responses
from mockserver.control.context import MissingError
from mockserver.control.metrics import Metrics
from mockserver.control.presets import PRESETS
from mockserver.control.probes import is_ready
from mockserver.control.router import Context, control_router
from mockserver.wires.errors import STATUSES

KEY = "sk_test"
"""A key that works unless keys are configured."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""The content type of each kind of page file."""

PAGE = {
    file.name: (file.read_bytes(), TYPES[suffix])
    for file in files("mockserver.control").joinpath("page").iterdir()
    if (suffix := "." + file.name.rpartition(".")[2]) in TYPES
}
"""The page's files by name, read once, so that a request can reach no other file."""

router = control_router("server")


@router.get("/about")
async def about(context: Context) -> responses.AboutShape:
    """Return the server's version, URLs and available choices."""
    kinds = [
        responses.ErrorKindShape(status=status, code=kind.code, title=kind.message) for status, kind in STATUSES.items()
    ]
    return responses.AboutShape(
        version=__version__,
        started=context.started,
        url=context.url,
        openai_url=f"{context.url}/api/v1",
        key=KEY,
        operations=list(dict.fromkeys([operation.name for operation in context.contract.operations])),
        plans=list(MONTHLY_CREDITS),
        errors=kinds,
        presets=[responses.PresetShape.model_validate(preset._asdict()) for preset in PRESETS],
        session=context.default_session,
    )


@router.get("/health")
async def health() -> responses.HealthShape:
    """Report that the server is running."""
    return responses.HealthShape(status="ok")


@router.get("/ready", responses={503: {"model": responses.HealthShape}})
async def ready(context: Context, response: Response) -> responses.HealthShape:
    """Report whether the server can answer requests: 503 while the session store is unavailable."""
    if await is_ready(context.app.store):
        return responses.HealthShape(status="ready")
    response.status_code = 503
    response.headers["retry-after"] = "1"
    return responses.HealthShape(status="not ready")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def read_metrics(context: Context) -> Response:
    """Return counts and durations in Prometheus' text format."""
    return Response(generate_latest(Metrics(context.app).registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/", response_class=Response, include_in_schema=False)
async def page() -> Response:
    """Return the page."""
    return _file("index.html")


@router.get("/page/{name}", response_class=Response, include_in_schema=False)
async def page_file(name: str) -> Response:
    """Return a file of the page."""
    return _file(name)


def _file(name: str) -> Response:
    if name not in PAGE:
        raise MissingError(f"the page has no file '{name}'")
    body, media_type = PAGE[name]
    return Response(body, media_type=media_type)
