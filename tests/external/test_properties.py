"""Properties of external contracts: valid requests get valid answers, garbage never causes an error of the mock."""

import json
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.accounts.session import Session
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.external_document import add_external, load_external
from tests.support.engine import NOW, Answer, contract
from tests.support.external import GOOD, Client, joined, judge, tree
from tests.support.properties import examples

text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ids = st.integers(1, 2**53)
status = st.sampled_from(["available", "pending", "sold"])
new_pets = st.fixed_dictionaries(
    {"name": st.text("abc", min_size=1, max_size=40), "kind": st.sampled_from(["cat", "dog"])},
    optional={"age": st.none() | st.integers(0, 39), "tags": st.lists(st.text(max_size=5), max_size=5)},
)
owners = st.none() | st.fixed_dictionaries({"email": st.just("a@b.example")}, optional={"since": st.none()})
pets = st.builds(
    lambda pet, more: {**pet, **more},
    new_pets,
    st.fixed_dictionaries({"status": status, "owner": owners, "secret": st.text(max_size=5)}, optional={"id": ids}),
)
listings = st.builds(
    lambda limit, statuses: f"/api/v2/pets?limit={limit}" + "".join([f"&status={each}" for each in statuses]),
    st.integers(1, 100),
    st.lists(status, max_size=3),
)
codes = st.fixed_dictionaries(
    {"code": st.from_regex(r"\A[0-9]{6}\Z")}, optional={"trust_device": st.none() | st.booleans()}
)
hours = st.none() | st.tuples(st.integers(0, 23), st.integers(0, 23)).map(list)
preferences = st.fixed_dictionaries({}, optional={"language": st.just("de-AT"), "quiet_hours": hours})
nothing = st.just(b"")
P = "/components/schemas/"

# Document | method | target | body | the schema of the answer
VALID: list[tuple[str, str, Any, Any, str]] = [
    ("petstore", "GET", listings, nothing, "/paths/~1pets/get/responses/200/content/application~1json/schema"),
    ("petstore", "POST", st.just("/api/v2/pets"), pets, f"{P}Pet"),
    ("petstore", "GET", ids.map(lambda id: f"/api/v2/pets/{id}"), nothing, f"{P}Pet"),
    ("petstore", "GET", st.just("/api/v2/tree?key=k"), nothing, f"{P}Node"),
    (
        "areas",
        "GET",
        st.sampled_from(["", "?unread=false", "?since=2026-01-01T00:00:00Z"]).map(
            lambda q: f"/api/v1/notifications{q}"
        ),
        nothing,
        "/paths/~1notifications/get/responses/200/content/application~1json/schema",
    ),
    ("areas", "POST", ids.map(lambda id: f"/api/v1/notifications/n-{id}/read"), nothing, f"{P}Notification"),
    (
        "areas",
        "POST",
        st.just("/api/v1/two-factor/verify"),
        codes,
        "/paths/~1two-factor~1verify/post/responses/200/content/application~1json/schema",
    ),
    ("areas", "GET", st.just("/api/v1/preferences"), nothing, f"{P}Preferences"),
    ("areas", "PATCH", st.just("/api/v1/preferences"), preferences, f"{P}Preferences"),
]


@pytest.mark.parametrize(("name", "method", "targets", "bodies", "schema"), VALID)
@given(data=st.data(), seed=st.integers(0, 1000), dynamic=st.booleans())
@settings(max_examples=examples(40), deadline=None)
def test_a_valid_request_gets_a_valid_answer(
    name: str, method: str, targets: Any, bodies: Any, schema: str, data: st.DataObject, seed: int, dynamic: bool
) -> None:
    body = data.draw(bodies)
    media = {"content-type": "application/merge-patch+json"} if method == "PATCH" else {}
    preference = {"prefer": "dynamic=true"} if dynamic else {}
    answer = Client(name, seed=str(seed)).ask(method, data.draw(targets), body, headers={**GOOD, **media, **preference})
    assert 200 <= answer.status < 300, answer.payload
    assert judge(name, schema, orjson.loads(answer.payload)) == []


targets = st.sampled_from(
    [f"/api/v2{path}" for path in tree("petstore")["paths"]] + [f"/api/v1{path}" for path in tree("areas")["paths"]]
)
headers = st.dictionaries(
    st.sampled_from(["accept", "prefer", "cookie", "content-type", "authorization", "x-pet-key", "x-trace"]),
    text | st.sampled_from(["*/*", "code=404", "example=cat", "application/json", "Bearer t", "sid=1; theme=dark"]),
)
bodies = st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode())


@given(
    name=st.sampled_from(["petstore", "areas"]),
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "WHAT"]),
    target=targets,
    parts=st.lists(text | st.sampled_from(["1", "n-1", "tom", "png"]), min_size=3, max_size=3),
    query=text | st.sampled_from(["limit=1", "limit=1e400", "filter[age]=9", "status=a&status", "key=k&=&&%"]),
    given_headers=headers,
    body=bodies,
)
@settings(max_examples=examples(500), deadline=None)
def test_garbage_never_causes_a_server_error(
    name: str, method: str, target: str, parts: list[str], query: str, given_headers: dict[str, str], body: bytes
) -> None:
    for number, part in enumerate(["petId", "id", "name"]):
        target = target.replace(f"{{{part}}}", parts[number])
    target = target.replace("{ext}", parts[2])
    request = Request(method, target, given_headers, body, query=query)
    _, decision = Engine(joined(name), {}, EngineSettings()).step(Session("test"), request, NOW)
    answer = Answer(decision)
    assert answer.status < 500
    assert all(0x20 <= ord(letter) < 0x100 for value in answer.headers.values() for letter in value)


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path to every value of a tree."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for key, each in inner for below in paths_of(each, (*path, key)))]


PLACES = {name: paths_of(tree(name))[1:] for name in ("petstore", "areas")}
BROKEN = st.sampled_from(
    [
        {"$ref": "#/components/schemas/Pet"},
        {"$ref": "#/paths"},
        {"$ref": "x"},
        {"type": "null"},
        {"pattern": "("},
        "{x}",
        0,
    ]
)


def broken(name: str, data: st.DataObject) -> Any:
    """Return a document with one or two values replaced or removed."""
    root = orjson.loads(orjson.dumps(tree(name)))
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from(PLACES[name]))
        node = root
        try:
            for key in way:
                node = node[key]
            if data.draw(st.booleans()):
                node[last] = data.draw(BROKEN | json_values)
            else:
                del node[last]
        except (KeyError, IndexError, TypeError):
            continue
    return root


@given(name=st.sampled_from(["petstore", "areas"]), data=st.data())
@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_broken_document_is_refused_or_served(name: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "api.json"
        file.write_text(json.dumps(broken(name, data)))
        try:
            external = load_external(file, contract().names)
        except (AuthorError, OperatorError):
            return
    engine = Engine(add_external(contract(), external)[0], {}, EngineSettings())
    for operation in external.operations:
        for prefer in ("", "code=400", "dynamic=true"):
            request = Request(operation.method, operation.path, {**GOOD, "prefer": prefer}, b"", query="key=k")
            _, decision = engine.step(Session("test"), request, NOW)
            assert Answer(decision).status != 500
