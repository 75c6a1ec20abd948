"""What a route of the control API needs: a route that lacks something fails here, with what to do.

docs/extending/route.md is the guide.
"""

import pkgutil
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from mockserver.control import PREFIX, routes
from mockserver.control.application import ROUTERS, application
from mockserver.control.router import REASONS
from tools.control_table import PAGE, row, with_table

TESTS = "\n".join(path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))
UNDESCRIBED = {"/", "/page/{name}"}
"""The page, which is not part of the API."""

Operation: TypeAlias = dict[str, Any]  # Any: an OpenAPI operation
DOCUMENT = application().openapi()
CALLS: dict[str, Operation] = {
    f"{method.upper()} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}


def modules() -> list[ModuleType]:
    """Return the modules of `routes/`."""
    return [import_module(f"{routes.__name__}.{module.name}") for module in pkgutil.iter_modules(routes.__path__)]


def unlisted() -> list[str]:
    """Return what to do for each module of `routes/` that is not in the table."""
    missing = [
        module.__name__.rpartition(".")[2] for module in modules() if getattr(module, "router", None) not in ROUTERS
    ]
    return [f"routes/{name}.py is not served: add {name}.router to ROUTERS in application.py" for name in missing]


def hidden() -> list[str]:
    """Return what to do for each route that is not in the OpenAPI document."""
    served = {path for module in modules() for path in _paths(module)}
    known = {path.removeprefix(PREFIX) for path in DOCUMENT["paths"]} | {
        path.removeprefix(PREFIX) for path in UNDESCRIBED
    }
    return [f"{path} is not in the OpenAPI document: remove include_in_schema=False" for path in sorted(served - known)]


def _paths(module: ModuleType) -> list[str]:
    source = Path(str(module.__file__)).read_text("utf-8")
    return re.findall(r'@router\.\w+\(\s*"([^"]+)"', source)


def gaps(call: str, operation: Operation) -> list[str]:
    """Return what a call lacks, each with how to add it."""
    method, _, path = call.partition(" ")
    sentences = []
    if not operation.get("description", "").rstrip().endswith("."):
        sentences.append("it has no docstring that ends with a period and says what the call does")
    if not _answers(operation):
        sentences.append(
            "its response is not described: annotate the return type with a model of responses.py, "
            "or name the content type with responses={200: {'content': …}}"
        )
    undescribed = {str(status) for status in REASONS} - set(operation["responses"])
    if undescribed:
        sentences.append(
            f"its errors {', '.join(sorted(undescribed))} are not described: make its router with control_router"
        )
    if "description" in operation and row(method, path, operation) not in PAGE.read_text("utf-8"):
        sentences.append("it has no row in docs/control.md: run python -m tools.control_table")
    if not re.search(_pattern(path), TESTS):
        sentences.append(f"no test in tests/control calls {path.removeprefix(PREFIX)}: write one")
    return sentences


def _answers(operation: Operation) -> bool:
    """Return whether a call describes its success: a body, or 204 without one."""
    success = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    return "204" in success or any(
        media_type != "application/json" or media.get("schema")
        for answer in success.values()
        for media_type, media in answer.get("content", {}).items()
    )


def _pattern(path: str) -> str:
    """Return a pattern for a path in the text of a test, where something else stands for its parameters."""
    parts = re.split(r"\{\w+\}", path.removeprefix(PREFIX))
    return r"[^\s/]+".join(map(re.escape, parts))


def test_every_module_of_routes_is_in_the_table() -> None:
    assert not (missing := unlisted()), "\n".join(missing)


def test_every_route_is_in_the_openapi_document() -> None:
    assert not (missing := hidden()), "\n".join(missing)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_lacks_nothing(call: str) -> None:
    assert not (missing := gaps(call, CALLS[call])), "\n".join([f"{call}:", *missing])


def test_the_table_of_calls_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_table(page), "docs/control.md is out of date: run python -m tools.control_table"
