"""What each module of `routes/` begins with: its router, and the parameter by which a route gets its server's context.

The routes are the same for every server of a process, since preparing them takes FastAPI 40 ms.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, cast

from fastapi import APIRouter, Depends, Request

from mockserver.control import CONTEXT, PREFIX, responses
from mockserver.control.context import ControlContext

REASONS: Mapping[int, str] = {
    400: "The request is malformed, or repeats a header that the guard checks.",
    401: "The token is missing or wrong.",
    403: "The request comes from a page of another origin.",
    404: "Something that the path or the body names does not exist.",
    409: "The current state does not allow it.",
    413: "The body is too large.",
    421: "The Host header names an unknown host.",
    422: "The request is invalid; `problems` lists every mistake in a text.",
    500: "The mock failed; its log says why.",
    503: "The session store is unavailable, or too many slow calls wait.",
}
"""Why a call is refused, by status; the guard's reasons included."""

_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorShape"}}}

REFUSALS: dict[int | str, dict[str, Any]] = {  # Any: FastAPI's own type
    status: {"description": reason, "content": _ERROR} for status, reason in REASONS.items()
}
# Once, so that the document defines the shape. A model for every status of every route would take FastAPI as long to
# prepare as all the rest.
REFUSALS[401]["model"] = responses.ErrorShape


async def context_of(request: Request) -> ControlContext:
    """Return the context of the server that a request came to."""
    return cast(ControlContext, request.scope[CONTEXT])


Context: TypeAlias = Annotated[ControlContext, Depends(context_of)]
"""The first parameter of a route."""


def control_router(tag: str) -> APIRouter:
    """Return a router without routes; the document lists its routes under the tag, by the names of their functions."""
    return APIRouter(
        prefix=PREFIX, tags=[tag], responses=REFUSALS, generate_unique_id_function=lambda route: route.name
    )
