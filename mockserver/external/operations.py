"""The operations of an external document, in the form that `Contract` holds.

Each operation is served under the base path of each of its `servers`. Scenarios name it by its operationId. One that
has none, or whose operationId the gateway already uses, is named by method and path: `get /pets`.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from mockserver.external.document import DocumentFiles, DocumentNode
from mockserver.external.endpoint import ExternalHandler
from mockserver.openapi.operation import METHODS_32, Operation

_VARIABLE = re.compile(r"\{([^{}]*)\}")


class ExternalOperation(NamedTuple):
    """An operation as the document describes it; `location` is its path in the main file."""

    path: str
    method: str
    item: DocumentNode
    node: DocumentNode
    location: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return its operationId, else its method and path."""
        return self.node.text("operationId") or f"{self.method} {self.path}"


def described(whole: DocumentFiles) -> Iterator[ExternalOperation]:
    """Yield every operation, in the order of the document."""
    for path, item in whole.root.get("paths").fields():
        for method in METHODS_32:
            node = item.get(method)
            if node.value is not None:
                yield ExternalOperation(path, method, item, node, ("paths", path, method))
        for method, node in item.get("additionalOperations").items():
            yield ExternalOperation(path, method, item, node, ("paths", path, "additionalOperations", method))


def operations(whole: DocumentFiles, external: ExternalOperation, reserved: Collection[str]) -> Iterator[Operation]:
    """Yield the operation under each of its base paths. `reserved` are the names of the gateway's operations."""
    handler = ExternalHandler(whole.root, external.item, external.node)
    name = external.id if external.id not in reserved else f"{external.method} {external.path}"
    for number, base in enumerate(base_paths(whole.root, external)):
        yield Operation(
            id=name if number == 0 else f"{name} under {base or '/'}",
            name=name,
            method=external.method.upper(),
            path=base + external.path,
            wire="json",
            variant="plain",
            invalid_status=handler.invalid_status,
            schemes=(),
            key_optional=True,
            max_tokens=None,
            statuses=(),
            example=None,
            handler=handler,
        )


def base_paths(root: DocumentNode, external: ExternalOperation) -> list[str]:
    """Return the base paths of an operation's servers: its own, else its path's, else the document's."""
    holders = (external.node, external.item, root)
    servers = next((list(holder.get("servers").each()) for holder in holders if holder.get("servers")), [])
    return list(dict.fromkeys([_base_path(server) for server in servers])) or [""]


def _base_path(server: DocumentNode) -> str:
    variables = server.get("variables")
    url = _VARIABLE.sub(lambda variable: variables.get(variable[1]).text("default"), server.text("url"))
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    path = path.removeprefix(".").rstrip("/")
    return path if path.startswith("/") or not path else f"/{path}"
