"""Foreign contracts: what is answered, what is refused, and who wins."""

import orjson
import pytest

from mockserver.files.external_document import add_external, load_external
from tests.support.engine import contract
from tests.support.external import FOLDER, GOOD, Client, judge

PET = {"name": "Tom", "kind": "cat", "status": "sold", "owner": None, "secret": "s"}
PETS, ONE, TREE = "/api/v2/pets", "/api/v2/pets/3", "/api/v2/tree"
NOTES, VERIFY = "/api/v1/notifications", "/api/v1/two-factor/verify"
JSON = {**GOOD, "content-type": "application/json"}

# Document | method | path | status | media type | what the body is; None: not compared
ANSWERS = [
    ("petstore", "GET", PETS, 200, "application/json", None),
    ("petstore", "GET", ONE, 200, "application/json", None),
    ("petstore", "DELETE", ONE, 204, None, b""),
    ("petstore", "GET", "/api/v2/pets/3/photos/tom.png", 200, "image/png", None),
    ("areas", "GET", NOTES, 200, "application/json", None),
    ("areas", "GET", "/api/v1/preferences", 200, "application/json", None),
    ("areas", "DELETE", "/api/v1/auth/login", 202, None, b""),
    ("areas", "PATCH", "/api/v1/preferences", 200, "application/json", None),
]


@pytest.mark.parametrize(("name", "method", "path", "status", "media", "body"), ANSWERS)
def test_an_operation_answers_by_itself(
    name: str, method: str, path: str, status: int, media: str | None, body: bytes | None
) -> None:
    answer = Client(name).ask(method, path)
    assert (answer.status, answer.headers.get("content-type")) == (status, media)
    assert body is None or answer.payload == body


def test_a_text_answer_is_the_example_as_it_is() -> None:
    answer = Client("petstore").ask("GET", "/api/v2/pets/mine", authorization="Basic dTpw")
    assert (answer.status, answer.payload) == (200, b"Tom, Rex")


def test_an_example_is_served_as_it_is_written_and_a_reference_to_one_is_followed() -> None:
    assert Client("petstore").ask("POST", PETS, PET).json["id"] == 7
    assert orjson.loads(Client("areas").ask("GET", NOTES).payload)[0]["id"] == "n-1"


# Document | method | path | Prefer | status | what the body has
PREFER: list[tuple[str, str, str, str, int, object]] = [
    ("petstore", "POST", PETS, "example=dog", 201, {"name": "Rex"}),
    ("petstore", "POST", PETS, 'code=201, example="cat"', 201, {"name": "Tom"}),
    ("petstore", "POST", PETS, "code=422", 422, {}),
    ("petstore", "POST", PETS, "code=503", 503, {}),
    ("petstore", "GET", ONE, "code=404", 404, {"code": 17, "message": "There is no such pet."}),
    ("petstore", "GET", PETS, "code=418", 418, {}),
    ("petstore", "GET", ONE, "code=500", 400, {"code": "undocumented_status"}),
    ("petstore", "GET", ONE, "code=4x4", 400, {"code": "invalid_preference"}),
    ("petstore", "GET", ONE, "respond-async, wait=10", 200, {}),
    ("areas", "GET", NOTES, "example=none-left", 200, []),
    ("areas", "GET", NOTES, "example=none", 400, {"message": "No example is called 'none'; did you mean 'none-left'?"}),
    ("areas", "POST", VERIFY, "code=422", 422, {"attempts_left": 2}),
]


@pytest.mark.parametrize(("name", "method", "path", "prefer", "status", "part"), PREFER)
def test_prefer_chooses_a_status_or_an_example(
    name: str, method: str, path: str, prefer: str, status: int, part: object
) -> None:
    body = {"POST": PET if name == "petstore" else {"code": "123456"}}.get(method, b"")
    answer = Client(name).ask(method, path, body, prefer=prefer)
    assert answer.status == status
    found = orjson.loads(answer.payload)
    assert found == part if not isinstance(part, dict) else part.items() <= found.items()


def test_dynamic_leaves_the_examples_out() -> None:
    answer = Client("petstore").ask("POST", PETS, PET, prefer="dynamic=true")
    assert answer.json["name"] not in ("Tom", "Rex")
    assert judge("petstore", "/components/schemas/Pet", answer.json) == []


ACCEPT = [
    ("", 200, "application/json"),
    ("*/*", 200, "application/json"),
    ("application/xml", 200, "application/xml"),
    ("application/json;q=0.5, application/xml", 200, "application/xml"),
    ("application/*", 200, "application/json"),
    ("application/json;q=0, */*", 200, "application/xml"),
    ("application/json;q=broken", 200, "application/json"),
    ("text/html", 406, "application/json"),
]


@pytest.mark.parametrize(("accept", "status", "media"), ACCEPT)
def test_accept_chooses_the_media_type(accept: str, status: int, media: str) -> None:
    answer = Client("petstore").ask("GET", PETS, accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (status, media)


def test_a_range_is_sent_as_what_the_client_names_in_it() -> None:
    answer = Client("petstore").ask("GET", "/api/v2/pets/3/photos/tom.png", accept="image/webp, */*")
    assert answer.headers["content-type"] == "image/webp"


def test_documented_headers_are_sent() -> None:
    answer = Client("petstore").ask("GET", PETS)
    assert answer.headers["x-next"] == "/pets?page=2"
    assert int(answer.headers["x-total"]) >= 0
    assert Client("petstore").ask("POST", PETS, PET).headers["location"] == "/pets/7"


# Document | method | target | body | status | in the message
REQUESTS: list[tuple[str, str, str, object, int, str]] = [
    ("petstore", "GET", f"{PETS}?limit=100", b"", 200, ""),
    (
        "petstore",
        "GET",
        f"{PETS}?limit=101",
        b"",
        400,
        "query parameter 'limit': Input should be less than or equal to 100",
    ),
    ("petstore", "GET", f"{PETS}?limit=ten", b"", 400, "query parameter 'limit': Input should be of type integer"),
    ("petstore", "GET", f"{PETS}?status=sold&status=pending", b"", 200, ""),
    ("petstore", "GET", f"{PETS}?status=sold&status=gone", b"", 400, "query parameter 'status'[1]: Input should be"),
    ("petstore", "GET", f"{PETS}?tags=a%7Cb|c", b"", 200, ""),
    ("petstore", "GET", f"{PETS}?filter[age]=3&filter[name]=4", b"", 200, ""),
    ("petstore", "GET", f"{PETS}?filter[age]=old", b"", 400, "query parameter 'filter'[age]: Input should be of type"),
    ("petstore", "GET", f"{PETS}?unknown=1", b"", 200, ""),
    ("petstore", "GET", "/api/v2/pets/tom", b"", 400, "path parameter 'petId': Input should be of type integer"),
    ("petstore", "GET", "/api/v2/pets/0", b"", 400, "path parameter 'petId'"),
    ("petstore", "GET", "/api/v2/pets/1/photos/TOM.png", b"", 400, "path parameter 'name': Input should match"),
    ("petstore", "GET", "/api/v2/pets/1/photos/tom.gif", b"", 400, "path parameter 'ext'"),
    ("petstore", "POST", PETS, b"", 422, "body: Field required"),
    ("petstore", "POST", PETS, b"{", 422, "not valid JSON"),
    ("petstore", "POST", PETS, b"[" * 5000, 422, "not valid JSON"),
    ("petstore", "POST", PETS, {**PET, "age": None}, 201, ""),
    ("petstore", "POST", PETS, {**PET, "age": 40}, 422, "age: Input should be less than 40"),
    ("petstore", "POST", PETS, {**PET, "age": 0}, 201, ""),
    ("petstore", "POST", PETS, {**PET, "owner": {"since": None}}, 422, "owner"),
    ("petstore", "POST", PETS, {"name": "Tom"}, 422, "kind: Field required"),
    ("petstore", "PUT", PETS, b"", 405, "takes GET, POST"),
    ("petstore", "GET", "/api/v2/pest", b"", 404, "Did you mean /api/v2/pets?"),
    ("areas", "GET", f"{NOTES}?unread=true&since=2026-01-01T00:00:00Z", b"", 200, ""),
    ("areas", "GET", f"{NOTES}?unread=maybe", b"", 400, "query parameter 'unread': Input should be of type boolean"),
    ("areas", "GET", f"{NOTES}?since=yesterday", b"", 400, "query parameter 'since'"),
    ("areas", "POST", f"{NOTES}/n-4/read", b"", 200, ""),
    ("areas", "POST", f"{NOTES}/x/read", b"", 400, "path parameter 'id': Input should match the pattern ^n-[0-9]+$"),
    ("areas", "POST", VERIFY, {"code": "123456", "trust_device": None}, 200, ""),
    ("areas", "POST", VERIFY, {"code": "12"}, 422, "code: Input should match the pattern ^[0-9]{6}$"),
    ("areas", "POST", VERIFY, {"code": "123456", "pin": 1}, 422, "body: Input should have no other properties"),
]


@pytest.mark.parametrize(("name", "method", "target", "body", "status", "words"), REQUESTS)
def test_requests_are_validated(name: str, method: str, target: str, body: object, status: int, words: str) -> None:
    answer = Client(name).ask(method, target, body, JSON if body else GOOD)
    assert answer.status == status
    if words:
        assert words in answer.payload.decode()


MEDIA = [
    ("application/x-www-form-urlencoded", b"name=Tom&kind=cat&age=3&tags=a&tags=b", 201),
    ("application/x-www-form-urlencoded", b"name=Tom&kind=cat&tags=a", 201),
    ("application/x-www-form-urlencoded", b"name=Tom&kind=cat&age=old", 422),
    ("application/json; charset=utf-8", orjson.dumps(PET), 201),
    ("text/csv", b"Tom,cat", 415),
]


@pytest.mark.parametrize(("media", "body", "status"), MEDIA)
def test_a_body_is_read_by_its_media_type(media: str, body: bytes, status: int) -> None:
    assert Client("petstore").ask("POST", PETS, body, content_type=media).status == status


def test_header_and_cookie_parameters_are_validated() -> None:
    client = Client("petstore")
    good = {"x-trace": "7d444840-9dc0-11d1-b245-5ffdce74fad2", "cookie": "a=b; theme=dark"}
    assert client.ask("GET", PETS, headers={**GOOD, **good}).status == 200
    assert b"header parameter 'X-Trace'" in client.ask("GET", PETS, x_trace="none").payload
    assert b"cookie parameter 'theme'" in client.ask("GET", PETS, cookie="theme=pink").payload


# Path | headers | status
SECURITY: list[tuple[str, dict[str, str], int]] = [
    (PETS, {}, 401),
    (PETS, {"x-pet-key": "k"}, 200),
    (PETS, {"x-pet-key": " "}, 401),
    (PETS, {"authorization": "bearer t"}, 200),
    (PETS, {"authorization": "Basic dTpw"}, 401),
    (PETS, {"x-pet-key": "sk-ant-1"}, 401),
    (PETS, {"x-pet-key": "k", "authorization": "Bearer sk-ant-1"}, 401),
    (ONE, {}, 200),
    ("/api/v2/pets/mine", {"authorization": "Basic dTpw"}, 200),
    ("/api/v2/pets/mine", {"authorization": "Basic §"}, 401),
    ("/api/v2/pets/1/photos/a.png", {}, 200),
    ("/api/v2/pets/1/photos/a.png", {"cookie": "sid=sk-ant-x"}, 401),
    (TREE, {"x-pet-key": "k"}, 401),
    (f"{TREE}?key=k", {}, 200),
    (f"{TREE}?key=sk-ant-k", {}, 401),
]


@pytest.mark.parametrize(("target", "headers", "status"), SECURITY)
def test_credentials_must_be_there(target: str, headers: dict[str, str], status: int) -> None:
    assert Client("petstore").ask("GET", target, headers=headers).status == status


def test_a_missing_credential_says_how_to_bring_one() -> None:
    answer = Client("petstore").ask("GET", PETS, headers={})
    assert answer.headers["x-mock-detail"] == "No credentials. Send X-Pet-Key: <key> or authorization: Bearer <token>."
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["x-mock-error"] == "missing_credentials"


def test_an_error_has_the_documents_form_and_our_sentence() -> None:
    client = Client("areas")
    refused = client.ask("POST", VERIFY, {"code": "1"}).json
    assert refused == {
        "error": {"code": "wrong_code", "message": "code: Input should match the pattern ^[0-9]{6}$"},
        "attempts_left": 2,
    }
    problem = client.ask("GET", NOTES, headers={})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json["title"] == "No credentials. Send authorization: Bearer <token>."
    assert judge("petstore", "/components/schemas/Problem", Client("petstore").ask("POST", PETS).json) == []


def test_an_error_that_the_document_does_not_know_is_the_gateways() -> None:
    body = Client("areas").ask("GET", "/api/v1/preferences", headers={}).json
    assert body["code"] == "missing_credentials"
    assert isinstance(body["error"], dict)


def test_a_turn_that_names_the_operation_comes_first() -> None:
    turns = """\
  - when: {operation: verify_two_factor}
    error: {status: 422}
  - when: {operation: verify_two_factor}
    error: {status: 429, retry_after: 7, message: Wait a little.}
  - when: {operation: preferences}
    error: {status: 503}
"""
    client = Client("areas", turns)
    first = client.ask("POST", VERIFY, {"code": "123456"})
    assert (first.status, first.headers["x-mock-turn"]) == (422, "test/1")
    assert first.json["error"] == {"code": "wrong_code", "message": "That code is not right."}
    second = client.ask("POST", VERIFY, {"code": "123456"})
    assert (second.status, second.headers["retry-after"]) == (429, "7")
    assert judge("areas", "/components/schemas/Refused", second.json) == []
    assert isinstance(second.json["error"], dict)
    assert second.json["error"]["message"] == "Wait a little."
    assert client.ask("GET", "/api/v1/preferences").json["code"] == "model_unavailable"
    assert client.ask("POST", VERIFY, {"code": "123456"}).status == 200
    assert client.ask("POST", VERIFY, {"code": "1"}).status == 422, "a wrong request uses up no turn"


def test_a_turn_may_answer_anything_and_look_at_the_body() -> None:
    turns = """\
  - when: {operation: verify_two_factor, body: {/code: "000000"}}
    response: {status: 200, headers: {x-own: "1"}, body: {verified: true, method: sms, backup_codes: []}}
    times: always
"""
    client = Client("areas", turns)
    found = client.ask("POST", VERIFY, {"code": "000000"})
    assert (found.status, found.headers["x-own"], found.json["backup_codes"]) == (200, "1", [])
    assert client.ask("POST", VERIFY, {"code": "111111"}).json["backup_codes"] != []


def test_the_same_seed_session_and_request_give_the_same_bytes() -> None:
    def run(**how: str) -> list[bytes]:
        client = Client("petstore", **how)
        return [client.ask("GET", PETS).payload for _ in range(5)]

    assert run() == run()
    assert len({tuple(run()), tuple(run(seed="1")), tuple(run(id="other"))}) == 3
    assert len(set(run())) > 1, "requests of one session differ"


def test_what_refers_to_itself_ends() -> None:
    answer = Client("petstore").ask("GET", f"{TREE}?key=k")
    assert answer.json.keys() == {"label"}


def test_the_gateways_own_operation_wins_and_the_start_says_so() -> None:
    joined, told = add_external(contract(), load_external(FOLDER / "areas.yaml", contract().names))
    assert told == [
        "Contract: Product areas 2026-11, 6 operations, such as GET /api/v1/notifications.",
        "Not served, because the gateway has the same operation: GET /api/v1/auth/me.",
    ]
    assert "email" in Client("areas").ask("GET", "/api/v1/auth/me").json
    assert "delete /auth/login" in joined.names, "an operationId that is a name of the gateway's is not taken from it"
    assert Client("areas").ask("PUT", "/api/v1/auth/login").headers["allow"] == "DELETE, POST"
