"""The application: the routes of the control API put together, and how its errors look.

Every error has one shape: `{"error": {"code", "message", "problems"?}}`, in words for whoever must act, as everywhere.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from mockserver import __version__
from mockserver.control import PREFIX, responses
from mockserver.control.context import ConflictError, ControlContext, MissingError
from mockserver.control.metrics import Metrics
from mockserver.control.routes import exchanges, overrides, scenarios, server, sessions, verification
from mockserver.control.routes.scenarios import problem_shapes
from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.files.fragments import check_fragment
from mockserver.server.stores.memory import StoreAwayError

ABOUT = "See and steer a running gateway mock. Every call needs the token that the server printed when it started."

STATUSES: Sequence[tuple[type[Exception], int, str]] = (
    (MissingError, 404, "not_found"),
    (ConflictError, 409, "conflict"),
    (OperatorError, 422, "cannot"),
    (StoreAwayError, 503, "store_away"),
)
"""What our errors are in HTTP."""


TELLS: Mapping[int, str] = {
    400: "The request cannot be read, or a header that is believed comes twice.",
    401: "The token is missing or wrong.",
    403: "The request comes from a page of another origin.",
    404: "What the path or the body names is not there.",
    409: "It cannot be done as things are.",
    413: "The body is too large.",
    421: "The host name is not known here.",
    422: "What is said means nothing; `problems` has every mistake, where there are several.",
    500: "The mock failed; its log says why.",
    503: "The session store is away.",
}
"""When a call is refused with which status. The guard's own are among them."""

_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorShape"}}}
"""Said beside the model, for calls whose own answer is not JSON."""

REFUSALS: dict[int | str, dict[str, Any]] = {  # Any: FastAPI's own type
    status: {"model": responses.ErrorShape, "description": tells, "content": _ERROR} for status, tells in TELLS.items()
}

DEEPEST = 50
"""A place that is deeper is not told: nobody would find it."""

Handler: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


def build(hub: ControlContext) -> FastAPI:
    """The application."""
    app = FastAPI(
        title="AINative gateway mock: control",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.openapi_version = "3.2.0"  # the first that can describe a feed
    for router in (
        exchanges.routes(hub),
        sessions.routes(hub),
        overrides.routes(hub),
        scenarios.routes(hub),
        verification.routes(hub),
        server.routes(hub, Metrics(hub.app, hub.tally)),
    ):
        app.include_router(router, prefix=PREFIX, responses=REFUSALS)
    for kind, status, code in STATUSES:
        app.add_exception_handler(kind, _handler(status, code))
    app.add_exception_handler(AuthorError, _mistakes)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failure(hub))
    return app


def told(
    status: int, code: str, message: str, problems: Sequence[Problem] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An error in the one shape."""
    error: dict[str, object] = {"code": code, "message": message}
    if problems:
        error["problems"] = [shape.model_dump() for shape in problem_shapes(problems)]
    return JSONResponse({"error": error}, status, headers=headers)


def _handler(status: int, code: str) -> Handler:
    async def handle(request: Request, error: Exception) -> JSONResponse:
        headers = {"retry-after": "1"} if status == 503 else {}
        return told(status, code, str(error) or code, headers=headers)

    return handle


def _failure(hub: ControlContext) -> Handler:
    async def handle(request: Request, error: Exception) -> JSONResponse:
        """Our own bug, told without its details; whoever serves us writes them into the log."""
        told_of = f"{request.method} {request.url.path}: {type(error).__name__}: {error}"
        hub.app.failures.append((None, told_of))
        return told(500, "mock_error", "The mock failed; its log says why.")

    return handle


async def _mistakes(request: Request, error: Exception) -> JSONResponse:
    problems = cast(AuthorError, error).problems
    first = problems[0]
    where = f"{first.path}: " if first.path else ""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return told(422, "mistakes", f"{where}{first.message}{more}", problems)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """What the models refuse, in the words of the scenario language, with the nearest name that there is."""
    invalid = cast(RequestValidationError, error)
    route = request.scope.get("route")
    field = getattr(route, "body_field", None)
    model = getattr(getattr(field, "field_info", None), "annotation", None)
    first = invalid.errors()[0]
    if first["loc"][:1] == ("body",) and not isinstance(invalid.body, dict):
        return told(422, "invalid", "Send a JSON object, with content-type: application/json.")
    if first["loc"][:1] == ("body",) and isinstance(model, type) and issubclass(model, BaseModel):
        try:
            check_fragment(model, invalid.body, "body")
        except AuthorError as mistakes:
            return await _mistakes(request, mistakes)
        except TypeError:
            pass  # not JSON at all
    if first["type"] == "recursion_loop" or len(first["loc"]) > DEEPEST:
        return told(422, "invalid", "There are too many levels in this JSON.")
    place = ".".join(map(str, first["loc"]))
    return told(422, "invalid", f"{place}: {first['msg'].removeprefix('Value error, ')}")


async def _http(request: Request, error: Exception) -> JSONResponse:
    raised = cast(HTTPException, error)
    words: Mapping[int, str] = {
        404: f"There is nothing here. What there is: {PREFIX}/openapi.json",
        405: f"Not with {request.method}. What there is: {PREFIX}/openapi.json",
    }
    code = {404: "not_found", 405: "method_not_allowed"}.get(raised.status_code, "error")
    return told(raised.status_code, code, words.get(raised.status_code, str(raised.detail)), headers=raised.headers)
