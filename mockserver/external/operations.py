"""A foreign document as operations that the contract can hold.

Each operation stands under the base path of each of its `servers`. Scenarios name it by its operationId; one without,
and one whose operationId is already a name of the gateway's, is named by method and path: `get /pets`.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from mockserver.external.document import DocumentFiles, DocumentNode
from mockserver.external.endpoint import ExternalHandler
from mockserver.openapi.operation import METHODS, Operation

_VARIABLE = re.compile(r"\{([^{}]*)\}")


class ExternalOperation(NamedTuple):
    """An operation of the document, and where it stands."""

    path: str
    method: str
    item: DocumentNode
    node: DocumentNode
    place: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its operationId, else its method and path."""
        return self.node.text("operationId") or f"{self.method} {self.path}"


def described(whole: DocumentFiles) -> Iterator[ExternalOperation]:
    """Every operation, in the order of the document."""
    for path, item in whole.root.get("paths").items():
        for method in (*METHODS, "query"):
            node = item.get(method)
            if node.value is not None:
                yield ExternalOperation(path, method, item, node, ("paths", path, method))
        for method, node in item.get("additionalOperations").items():
            yield ExternalOperation(path, method, item, node, ("paths", path, "additionalOperations", method))


def operations(whole: DocumentFiles, each: ExternalOperation, taken: Collection[str]) -> Iterator[Operation]:
    """The operation under each of its base paths. `taken` are names of the gateway's."""
    endpoint = ExternalHandler(whole.root, each.item, each.node)
    name = each.id if each.id not in taken else f"{each.method} {each.path}"
    for number, base in enumerate(bases(whole.root, each)):
        yield Operation(
            id=name if number == 0 else f"{name} under {base or '/'}",
            name=name,
            method=each.method.upper(),
            path=base + each.path,
            wire="json",
            variant="plain",
            invalid_status=endpoint.invalid_status,
            schemes=(),
            key_optional=True,
            max_tokens=None,
            statuses=(),
            example=None,
            handler=endpoint,
        )


def bases(root: DocumentNode, each: ExternalOperation) -> list[str]:
    """The base paths of an operation's servers: its own, else its path's, else the document's."""
    servers = next(
        (list(holder.get("servers").each()) for holder in (each.node, each.item, root) if holder.get("servers")), []
    )
    return list(dict.fromkeys([_base(server) for server in servers])) or [""]


def _base(server: DocumentNode) -> str:
    variables = server.get("variables")
    url = _VARIABLE.sub(lambda found: variables.get(found[1]).text("default"), server.text("url"))
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    path = path.removeprefix(".").rstrip("/")
    return path if path.startswith("/") or not path else f"/{path}"
