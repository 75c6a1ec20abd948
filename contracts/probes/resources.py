"""Probes of what an API keeps: what a POST to `/things` creates, `/things/{id}` reads, replaces, changes and deletes.

Nothing is changed or deleted but what the probe itself has created. What is compared are the values that it sent: a
server may add others, such as the time of the last change. One that writes a value in another form, such as a date,
keeps it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.contracts.client import Body, Client, NotOffered
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.document_requests import foreign, is_shown, request_of, shown_values
from mockserver.contracts.exchange import CheckedExchange, Json, dig, items
from mockserver.contracts.links import Link, values
from mockserver.contracts.probe import probe
from mockserver.contracts.probes.documented import shown

GONE = (404, 410)
ID_NAMES = ("id", "uuid", "_id", "key")
"""Fields that hold the id of what was created, beside that with the name of the path's parameter."""

_IN_ANOTHER_FORM = re.compile(r"\d{4}-\d\d-\d\d|[+-]?\d+(\.\d+)?$")
"""Texts that a server may write in another way: dates, times and numbers."""


@dataclass(frozen=True)
class Member:
    """One member of a collection, which the probe has created, and the operations on it by their methods."""

    client: Client
    collection: OperationSpec
    operations: dict[str, OperationSpec]
    id: str | int
    sent: Body

    def send(self, method: str, body: object = None) -> CheckedExchange:
        """Send a request to the member."""
        operation = self.operations[method]
        request = request_of(operation, body, **{_parameter(operation): self.id})
        return self.client.send(self.client.authorized(operation, request))

    def read(self) -> Json:
        """Return the member as it is now."""
        return self.send("GET").response.json

    def count(self) -> int | None:
        """Return how many members the collection says it has, or None if it does not list them."""
        listing = _operation(self.client, "GET", self.collection.path)
        if listing is None or not is_shown(listing):
            return None
        body = shown(self.client, listing).response.json
        lists = [body] if isinstance(body, list) else [part for part in _values(body) if isinstance(part, list)]
        return len(items(lists[0])) if len(lists) == 1 else None


def _values(body: Json) -> list[Json]:
    return list(body.values()) if isinstance(body, dict) else []


def _operation(client: Client, method: str, path: str) -> OperationSpec | None:
    return next(
        (each for each in client.document.operations.values() if (each.method, each.path) == (method, path)), None
    )


def _parameter(operation: OperationSpec) -> str:
    """Return the name of the parameter at the end of a path."""
    return operation.path.rpartition("/")[2].strip("{}")


def _on_members(client: Client, collection: OperationSpec) -> dict[str, OperationSpec]:
    """Return the operations on one member of a collection, by their methods."""
    pattern = re.compile(re.escape(collection.path) + r"/\{[^/}]+\}")
    return {each.method: each for each in client.document.operations.values() if pattern.fullmatch(each.path)}


def _members(client: Client, *methods: str) -> Iterator[Member]:
    """Create a member of each collection that can read one, and has these methods. Raises `NotOffered` without any."""
    there = [(each, _on_members(client, each)) for each in foreign(client, "POST")]
    there = [(each, operations) for each, operations in there if {"GET", *methods} <= set(operations)]
    if client.document.scope == "document" and not there:
        raise NotOffered(f"the document has no {' and '.join(methods or ('GET',))} /…/{{id}} beside a POST /…")
    for collection, operations in there:
        exchange = shown(client, collection) if is_shown(collection) else None
        id = _id(exchange, _parameter(operations["GET"])) if exchange is not None else None
        if id is not None:
            yield Member(client, collection, operations, id, collection.basic)


def _id(exchange: CheckedExchange, parameter: str) -> str | int | None:
    """Return the id of what was created: from a field of the answer, or from the end of its location."""
    if exchange.response.status not in (200, 201):
        return None
    ids = [dig(exchange.response.json, name) for name in (parameter, *ID_NAMES)]
    location = (exchange.response.header("location") or "").rstrip("/").rpartition("/")[2]
    known = [id for id in ids if isinstance(id, str | int) and not isinstance(id, bool)]
    return next(iter([*known, *([location] if location else [])]), None)


def lost(sent: Json, kept: Json) -> list[str]:
    """Return the fields of what was sent that are not as they were sent. A server may leave out those it hides."""
    if not isinstance(sent, dict) or not isinstance(kept, dict):
        return []
    return [name for name, value in sent.items() if name in kept and not _alike(value, kept[name])]


def _alike(sent: Json, kept: Json) -> bool:
    if isinstance(sent, dict) and isinstance(kept, dict):
        return not lost(sent, kept)
    return sent == kept or (isinstance(sent, str) and bool(_IN_ANOTHER_FORM.match(sent)))


@probe("created-found", "deleted-gone")
def created(client: Client) -> None:
    """Create what the document shows, read it by its id, then delete it and look for it again."""
    for member in _members(client):
        if not client.expect("created-found", member.send("GET"), 200) or "DELETE" not in member.operations:
            continue
        if member.send("DELETE").response.status in (200, 202, 204):
            client.expect("deleted-gone", member.send("GET"), *GONE)


@probe("put-stored")
def replaced(client: Client) -> None:
    """Replace what the probe created, and read it."""
    for member in _members(client, "PUT"):
        body = _replacement(member)
        if body is not None and member.send("PUT", body).response.status in (200, 201, 204):
            read = member.send("GET")
            wrong = lost(body, read.response.json)
            client.check("put-stored", not wrong, f"fields that are not as the PUT sent them: {', '.join(wrong)}", read)


def _replacement(member: Member) -> Body | None:
    """Return a body for a PUT that the document permits, with the id of the member if it shows one."""
    operation = member.operations["PUT"]
    names = (_parameter(operation), *ID_NAMES)
    for body in (operation.basic, member.sent):
        own = body | {key: member.id for key in names if key in body}
        for name, value in _varied(own):
            if name not in names and _permits(operation, own | {name: value}):
                return own | {name: value}
    return None


def _permits(operation: OperationSpec, body: Body) -> bool:
    return operation.request is not None and not operation.request.problems(body)


def _varied(body: Body) -> Iterator[tuple[str, Json]]:
    """Yield other values for the fields of a body, and the body's own in the end."""
    for name, value in body.items():
        if isinstance(value, bool):
            yield name, not value
        elif isinstance(value, int):
            yield from ((name, value + step) for step in (1, -1))
        elif isinstance(value, str):
            yield name, f"{value}x"
    yield from body.items()


@probe("idempotent-methods")
def repeated(client: Client) -> None:
    """Send GET, PUT and DELETE twice each, and look whether the second one changes anything."""
    for member in _members(client):
        replacement = _replacement(member) if "PUT" in member.operations else None
        _repeat(client, member, "GET", None)
        if replacement is not None:
            _repeat(client, member, "PUT", replacement)
        if "DELETE" in member.operations:
            _repeat(client, member, "DELETE", None)


def _repeat(client: Client, member: Member, method: str, body: object) -> None:
    first = member.send(method, body)
    if first.response.status >= 300:
        return
    before = (member.count(), member.read())
    again = member.send(method, body)
    status, count = again.response.status, member.count()
    fine = (200, 201, 202, 204, *(GONE if method == "DELETE" else ()))
    got = f"the second {method} got status {status}, the first one {first.response.status}"
    is_same = client.check("idempotent-methods", status in fine, got, again)
    got = f"the second {method} changed how many the collection has: from {before[0]} to {count}"
    is_same = is_same and client.check(
        "idempotent-methods", before[0] == count or None in (before[0], count), got, again
    )
    wrong = lost({name: dig(before[1], name) for name in member.sent}, member.read())
    client.check(
        "idempotent-methods", not wrong or not is_same, f"the second {method} changed {', '.join(wrong)}", again
    )


@probe("patch-keeps-rest")
def patched(client: Client) -> None:
    """Change one field of what the probe created, and read whether it changed, and the others did not."""
    for member in _members(client, "PATCH"):
        change = _change(member)
        before = member.read()
        if change is None or member.send("PATCH", change).response.status not in (200, 204):
            continue
        read = member.send("GET")
        kept = {name: dig(before, name) for name in member.sent if name not in change}
        for wrong, what in (
            (lost(change, read.response.json), "did not change"),
            (lost(kept, read.response.json), "changed"),
        ):
            client.check(
                "patch-keeps-rest", not wrong, f"a PATCH of {', '.join(change)} {what} {', '.join(wrong)}", read
            )


def _change(member: Member) -> Body | None:
    """Return a body for a PATCH with one field that the document permits, from its own example if it has one."""
    operation = member.operations["PATCH"]
    for body in (operation.basic, member.sent):
        for name, value in _varied(body):
            if name not in (_parameter(operation), *ID_NAMES) and _permits(operation, {name: value}):
                return {name: value}
    return None


@probe("links-followed")
def linked(client: Client) -> None:
    """Send what the document shows, and follow the links of its answer."""
    operations = [each for each in foreign(client, "GET", "POST") if any(one.links for one in each.responses.values())]
    if client.document.scope == "document" and not operations:
        raise NotOffered("the document has no links")
    for operation in filter(is_shown, operations):
        exchange = shown(client, operation)
        spec = operation.response(exchange.response.status)
        for link in spec.links if spec is not None and exchange.response.status < 400 else ():
            _follow(client, operation, exchange, link)


def _follow(client: Client, operation: OperationSpec, exchange: CheckedExchange, link: Link) -> None:
    target = client.document.named(link.target)
    path = {str(each["name"]): str(next(iter(shown_values(each)), 1)) for each in operation.parameters}
    found = values(link, exchange, path)
    lacking = [name for name, value in found.items() if value is None]
    client.check(
        "links-followed", not lacking, f"the link {link.name!r} needs {', '.join(lacking)}: not there", exchange
    )
    if target is None:
        client.check("links-followed", False, f"the link {link.name!r} names no operation of the document", exchange)
    elif target.method == "GET" and not lacking:
        followed = client.send(client.authorized(target, request_of(target, **found)))
        status = followed.response.status
        if status < 300 or status in NOWHERE:
            client.check("links-followed", status < 300, f"the link {link.name!r} leads to status {status}", followed)


NOWHERE = (400, 404, 410, 422)
"""Statuses that a link must not lead to."""


PROBES = (
    linked,
    created,
    replaced,
    repeated,
    patched,
)
