"""The request body of an external operation is read by its media type."""

import orjson
import pytest

from tests.support.external import Client

PET = {"name": "Tom", "kind": "cat", "status": "sold", "owner": None, "secret": "s"}
PETS = "/api/v2/pets"


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
