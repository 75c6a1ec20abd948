"""Who may call an external operation."""

from contextlib import nullcontext
from http.cookies import CookieError

import pytest

from mockserver.core.errors import Refusal
from mockserver.external.document import DocumentFiles, DocumentNode
from mockserver.external.security import cookies, security
from mockserver.openapi.operation import HandlerRequest
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


SCHEMES: list[tuple[dict[str, str], dict[str, str], bool]] = [
    ({"type": "oauth2"}, {"authorization": "Bearer t"}, True),
    ({"type": "openIdConnect"}, {}, False),
    ({"type": "mutualTLS"}, {}, True),
    ({"type": "apiKey", "in": "cookie", "name": "sid"}, {"cookie": "sid=1"}, True),
    ({"type": "apiKey", "in": "cookie", "name": "sid"}, {"cookie": "other=1"}, False),
    ({"type": "http", "scheme": "Digest"}, {"authorization": "digest x"}, True),
]


@pytest.mark.parametrize(("scheme", "headers", "admitted"), SCHEMES)
def test_every_kind_of_scheme(scheme: dict[str, str], headers: dict[str, str], admitted: bool) -> None:
    files = DocumentFiles(
        {"main": {"security": [{"s": []}], "components": {"securitySchemes": {"s": scheme}}}}, "main", "3"
    )
    declared = security(files.root, DocumentNode(files, {}, "main"))
    request = HandlerRequest(method="GET", headers=headers)
    with nullcontext() if admitted else pytest.raises(Refusal, match="No credentials"):
        declared.admit(request)


def test_a_malformed_cookie_header_has_no_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise CookieError

    monkeypatch.setattr("mockserver.external.security.SimpleCookie", fail)
    assert cookies(HandlerRequest(method="GET", headers={"cookie": "a=b"})) == {}
