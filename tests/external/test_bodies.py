"""The request body of an external operation is read by its media type."""

import orjson
import pytest

from mockserver.core.errors import Refusal
from mockserver.external.bodies import MAX_FIELDS, MediaSchema, RequestBody
from mockserver.openapi.operation import HandlerRequest
from mockserver.openapi.request_body import FORM
from mockserver.openapi.sampling.schema import compiled_validator
from tests.support.external import Client

PET = {"name": "Tom", "kind": "cat", "status": "sold", "owner": None, "secret": "s"}
PETS = "/api/v2/pets"


MEDIA = [
    (FORM, b"name=Tom&kind=cat&age=3&tags=a&tags=b", 201),
    (FORM, b"name=Tom&kind=cat&tags=a", 201),
    (FORM, b"name=Tom&kind=cat&age=old", 422),
    ("application/json; charset=utf-8", orjson.dumps(PET), 201),
    ("text/csv", b"Tom,cat", 415),
]


@pytest.mark.parametrize(("media", "body", "status"), MEDIA)
def test_a_body_is_read_by_its_media_type(media: str, body: bytes, status: int) -> None:
    assert Client("petstore").ask("POST", PETS, body, content_type=media).status == status


def request(content_type: str, body: bytes) -> HandlerRequest:
    """Return a POST request with this body."""
    return HandlerRequest(method="POST", headers={"content-type": content_type}, body=body)


UNCHECKED: list[tuple[dict[str, MediaSchema], HandlerRequest, object]] = [
    ({}, request("application/json", b"{"), None),
    ({"text/plain": MediaSchema({}, None)}, request("text/plain", b"x"), None),
    ({"application/*": MediaSchema({}, None)}, request("application/*", b"x"), None),
    ({"application/json": MediaSchema({}, None)}, request("application/json", b"[1]"), [1]),
]


@pytest.mark.parametrize(("media", "sent", "value"), UNCHECKED)
def test_a_body_without_a_schema_is_not_validated(
    media: dict[str, MediaSchema], sent: HandlerRequest, value: object
) -> None:
    assert RequestBody(True, media).read(sent, 422) == value


@pytest.mark.parametrize(
    ("content_type", "payload", "message"),
    [
        ("application/json", b"[" * 500 + b"]" * 500, "The request body is nested more than 100 levels deep."),
        (
            "application/x-www-form-urlencoded",
            b"a=1&" * (MAX_FIELDS + 1),
            f"The form has more than {MAX_FIELDS} fields.",
        ),
    ],
)
def test_a_body_beyond_the_bounds_is_refused(content_type: str, payload: bytes, message: str) -> None:
    schema: dict[str, object] = {"type": "object"}
    expected = MediaSchema(schema, compiled_validator(orjson.dumps(schema)))
    with pytest.raises(Refusal, match=message):
        RequestBody(True, {content_type: expected}).read(request(content_type, payload), 422)
