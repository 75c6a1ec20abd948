"""Who may call an external operation."""

import pytest

from tests.support.external import Client

PETS, ONE, TREE = "/api/v2/pets", "/api/v2/pets/3", "/api/v2/tree"


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
def test_credentials_must_be_present(target: str, headers: dict[str, str], status: int) -> None:
    assert Client("petstore").ask("GET", target, headers=headers).status == status


def test_the_error_says_how_to_send_credentials() -> None:
    answer = Client("petstore").ask("GET", PETS, headers={})
    assert answer.headers["x-mock-detail"] == "No credentials. Send X-Pet-Key: <key> or authorization: Bearer <token>."
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["x-mock-error"] == "missing_credentials"
