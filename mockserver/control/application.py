"""The FastAPI application: the table of route modules, and the error handlers.

Every error has the same shape: `{"error": {"code", "message", "problems"?}}`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import TypeAlias, cast

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from mockserver import __version__
from mockserver.control import PREFIX
from mockserver.control.context import ConflictError, MissingError
from mockserver.control.router import context_of
from mockserver.control.routes import coverage, exchanges, overrides, scenarios, server, sessions, verification
from mockserver.control.routes.scenarios import problem_shapes
from mockserver.control.worker import BusyError
from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.files.fragments import check_fragment
from mockserver.server.stores.memory import StoreUnavailableError

ABOUT = (
    "Observe and change a running gateway mock. Every call but `/health` and `/ready` needs the token that the server "
    "printed when it started."
)

ROUTERS: Sequence[APIRouter] = (
    exchanges.router,
    sessions.router,
    overrides.router,
    scenarios.router,
    verification.router,
    coverage.router,
    server.router,
)
"""The routes, one module of `routes/` a line."""

STATUSES: Sequence[tuple[type[Exception], int, str]] = (
    (MissingError, 404, "not_found"),
    (ConflictError, 409, "conflict"),
    (OperatorError, 422, "cannot"),
    (StoreUnavailableError, 503, "store_away"),
    (BusyError, 503, "busy"),
)
"""The HTTP status and `code` of each exception."""

Handler: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


@cache
def application() -> FastAPI:
    """Return the application, the same for every server of this process; a request's scope has its server's context."""
    return build(ROUTERS)


def build(routers: Sequence[APIRouter]) -> FastAPI:
    """Return an application with the routes of these routers."""
    app = FastAPI(
        title="AINative gateway mock: control",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,
    )
    app.openapi_version = "3.2.0"  # the first that can describe a feed
    for router in routers:
        app.router.routes.extend(router.routes)  # include_router would prepare every route a second time
    for kind, status, code in STATUSES:
        app.add_exception_handler(kind, _handler(status, code))
    app.add_exception_handler(AuthorError, _mistakes)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failure)
    return app


def error_response(
    status: int, code: str, message: str, problems: Sequence[Problem] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return an error in the common shape."""
    error: dict[str, object] = {"code": code, "message": message}
    if problems:
        error["problems"] = [shape.model_dump() for shape in problem_shapes(problems)]
    return JSONResponse({"error": error}, status, headers=headers)


def _handler(status: int, code: str) -> Handler:
    async def handle(request: Request, error: Exception) -> JSONResponse:
        headers = {"retry-after": "1"} if status == 503 else {}
        return error_response(status, code, str(error) or code, headers=headers)

    return handle


async def _failure(request: Request, error: Exception) -> JSONResponse:
    """Report a bug of the mock without details; the gateway logs them."""
    failure = f"{request.method} {request.url.path}: {type(error).__name__}: {error}"
    (await context_of(request)).app.failures.append((None, failure))
    return error_response(500, "mock_error", "The mock failed; its log says why.")


async def _mistakes(request: Request, error: Exception) -> JSONResponse:
    problems = cast(AuthorError, error).problems
    first = problems[0]
    prefix = f"{first.path}: " if first.path else ""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return error_response(422, "mistakes", f"{prefix}{first.message}{more}", problems)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Report what the models refuse in the words of the scenario language, with the nearest known name."""
    invalid = cast(RequestValidationError, error)
    route = request.scope.get("route")
    field = getattr(route, "body_field", None)
    model = getattr(getattr(field, "field_info", None), "annotation", None)
    first = invalid.errors()[0]
    if first["loc"][:1] == ("body",) and not isinstance(invalid.body, dict):
        return error_response(422, "invalid", "Send a JSON object, with content-type: application/json.")
    if first["loc"][:1] == ("body",) and isinstance(model, type) and issubclass(model, BaseModel):
        try:
            check_fragment(model, invalid.body, "body")
        except AuthorError as mistakes:
            return await _mistakes(request, mistakes)
        except TypeError:
            pass  # not JSON
    path = ".".join(map(str, first["loc"]))
    return error_response(422, "invalid", f"{path}: {first['msg'].removeprefix('Value error, ')}")


async def _http(request: Request, error: Exception) -> JSONResponse:
    raised = cast(HTTPException, error)
    messages: Mapping[int, str] = {
        404: f"Unknown route; see {PREFIX}/openapi.json",
        405: f"No {request.method} here; see {PREFIX}/openapi.json",
    }
    code = {404: "not_found", 405: "method_not_allowed"}.get(raised.status_code, "error")
    return error_response(
        raised.status_code, code, messages.get(raised.status_code, str(raised.detail)), headers=raised.headers
    )
