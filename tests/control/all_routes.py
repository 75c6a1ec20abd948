"""The list of all routes, read from the application, with values for path parameters."""

import re
from collections.abc import Iterator

from fastapi import FastAPI
from starlette.routing import BaseRoute

from mockserver.control import PREFIX
from mockserver.control.application import application
from mockserver.control.routes.server import PAGE

FILLED = {"number": "1", "id": "1", "kind": "curl"}


def every_route() -> list[tuple[str, str]]:
    """Return the method and path of each route; each file of the page counts as a route."""
    found = _routes(application())
    files = [("GET", f"{PREFIX}/page/{name}") for name in sorted(PAGE)]
    return sorted({*found, *files})


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        inner: list[BaseRoute] = getattr(getattr(route, "original_router", None), "routes", [])
        for one, prefix in [(route, ""), *[(each, PREFIX) for each in inner]]:
            for method in getattr(one, "methods", None) or ():
                path = re.sub(r"\{(\w+)\}", lambda name: FILLED.get(name[1], "a"), getattr(one, "path", ""))
                yield method, prefix + path
