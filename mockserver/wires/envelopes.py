"""Envelopes: the shapes that the body of an error answer can have.

By ruling the default is a superset that every published client can read: an `error` object as in D4, plus `detail`,
`message` and `code`, plus what the wire marks its errors with. Every other envelope has exactly one shape, for clients
that must cope with it: each wire's own, under the wire's name, `fastapi` and `bare`.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import orjson

from mockserver.core.errors import Failure
from mockserver.wires import WIRES
from mockserver.wires.errors import error_object
from mockserver.wires.wire import Object, Wire

Envelope: TypeAlias = str
"""A name of `ENVELOPES`."""

SUPERSET: Envelope = "superset"
"""The envelope that every published client can read."""


def _superset(failure: Failure, wire: Wire, request_id: str) -> Object:
    return {
        **wire.errors.marker,
        "error": error_object(failure, wire.errors.type_of(failure)),
        "detail": failure.message,
        "message": failure.message,
        "code": failure.code,
        "request_id": request_id,
    }


def _exactly(own: Wire) -> Callable[[Failure, Wire, str], Object]:
    return lambda failure, wire, request_id: own.errors.body(failure, request_id)


def _fastapi(failure: Failure, wire: Wire, request_id: str) -> Object:
    if failure.status != 422 or failure.param is None:
        return {"detail": failure.message}
    place = ["body", *(int(part) if part.isdecimal() else part for part in failure.param.split("."))]
    return {"detail": [{"type": failure.code, "loc": place, "msg": failure.message}]}


def _bare(failure: Failure, wire: Wire, request_id: str) -> Object:
    return {"message": failure.message, "code": failure.code}


ENVELOPES: Mapping[Envelope, Callable[[Failure, Wire, str], Object]] = {
    SUPERSET: _superset,
    **{name: _exactly(wire) for name, wire in WIRES.items()},
    "fastapi": _fastapi,
    "bare": _bare,
}
"""Name -> the body of a failure on a wire, with the id of the request."""


def render(failure: Failure, wire: Wire, request_id: str, envelope: Envelope = SUPERSET) -> bytes:
    """Return the body of an error answer. Raises `KeyError` for an unknown envelope."""
    return orjson.dumps(ENVELOPES[envelope](failure, wire, request_id))
