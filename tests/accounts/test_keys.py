"""Who is calling: every kind of operation by every form in which a key can come."""

import pytest

from mockserver.accounts.keys import Credential, authenticate, mask, session_of
from mockserver.core.errors import Refusal
from mockserver.engine.request import Request
from mockserver.openapi.operation import Operation
from tests.support.engine import Talk, contract

# What the documents say of each operation: either header, Bearer only, an optional Bearer, no key at all.
KINDS = {
    "either": ["messages", "count_tokens", "chat", "chat_public_v1", "models", "model", "credits_balance"],
    "bearer": ["chat_public", "chat_managed", "chat_managed_public", "me", "logout"],
    "optional": ["chat_byok", "refresh"],
    "none": ["login", "oauth_roles", "oauth_profile"],
}

FORMS: dict[str, dict[str, str]] = {
    "nothing": {},
    "x-api-key": {"x-api-key": "sk_x"},
    "bearer": {"authorization": "Bearer sk_b"},
    "bearer in other case": {"authorization": "bEARER  sk_b "},
    "both": {"x-api-key": "sk_x", "authorization": "Bearer sk_b"},
    "x-api-key beside basic": {"x-api-key": "sk_x", "authorization": "Basic abc"},
    "blank x-api-key": {"x-api-key": "  "},
    "blank x-api-key beside bearer": {"x-api-key": "", "authorization": "Bearer sk_b"},
    "blank bearer": {"authorization": "Bearer "},
    "basic": {"authorization": "Basic abc"},
    "no scheme": {"authorization": "sk_b"},
    "a platform key": {"x-api-key": "ak_x"},
    "a token of three parts": {"authorization": "Bearer aaa.bbb.ccc"},
}

# The key that is read, or the code of a 401; "-" is neither.
EXPECTED = """
nothing                        missing_api_key        missing_api_key        -                      -
x-api-key                      sk_x                   missing_api_key        -                      -
bearer                         sk_b                   sk_b                   sk_b                   -
bearer in other case           sk_b                   sk_b                   sk_b                   -
both                           sk_x                   sk_b                   sk_b                   -
x-api-key beside basic         sk_x                   invalid_authorization  invalid_authorization  -
blank x-api-key                missing_api_key        missing_api_key        -                      -
blank x-api-key beside bearer  sk_b                   sk_b                   sk_b                   -
blank bearer                   invalid_authorization  invalid_authorization  invalid_authorization  -
basic                          invalid_authorization  invalid_authorization  invalid_authorization  -
no scheme                      invalid_authorization  invalid_authorization  invalid_authorization  -
a platform key                 ak_x                   missing_api_key        -                      -
a token of three parts         aaa.bbb.ccc            aaa.bbb.ccc            aaa.bbb.ccc            -
"""
CASES = [
    (line[:31].strip(), kind, expected)
    for line in EXPECTED.strip().splitlines()
    for kind, expected in zip(KINDS, line[31:].split(), strict=True)
]


def operations(*kinds: str) -> list[Operation]:
    """Return the operations of these kinds, one of each name and prefix."""
    names = {name for kind in kinds for name in KINDS[kind]}
    return [operation for operation in contract().operations if operation.name in names]


def judged(operation: Operation, headers: dict[str, str]) -> str:
    """Return the key that is read, the code of a 401, or "-"."""
    try:
        credential = authenticate(operation, headers)
    except Refusal as refusal:
        assert refusal.failure.status == 401
        return refusal.failure.code
    return "-" if credential is None else credential.key


def test_every_operation_is_of_one_kind() -> None:
    assert sorted(name for names in KINDS.values() for name in names) == sorted(contract().names)


def test_every_form_is_in_the_table() -> None:
    assert {(form, kind) for form, kind, _ in CASES} == {(form, kind) for form in FORMS for kind in KINDS}


@pytest.mark.parametrize(("form", "kind", "expected"), CASES)
def test_a_key_is_read_as_the_operation_documents_it(form: str, kind: str, expected: str) -> None:
    assert {operation.id: judged(operation, FORMS[form]) for operation in operations(kind)} == dict.fromkeys(
        [operation.id for operation in operations(kind)], expected
    )


ANTHROPIC: dict[str, dict[str, str]] = {
    "x-api-key": {"x-api-key": "sk-ant-api03-x"},
    "bearer": {"authorization": "Bearer sk-ant-api03-x"},
    "bearer in other case": {"authorization": "bearer   sk-ant-api03-x"},
    "x-api-key with blanks": {"x-api-key": "  sk-ant-api03-x"},
    "x-api-key beside a good bearer": {"x-api-key": "sk-ant-api03-x", "authorization": "Bearer sk_b"},
    "bearer beside a good x-api-key": {"x-api-key": "sk_x", "authorization": "Bearer sk-ant-api03-x"},
    "the prefix alone": {"x-api-key": "sk-ant-"},
}


@pytest.mark.parametrize("form", ANTHROPIC)
@pytest.mark.parametrize(
    "operation", operations("either", "bearer", "optional"), ids=lambda operation: str(operation.id)
)
def test_an_sk_ant_key_is_refused_in_either_header_wherever_a_key_is_taken(operation: Operation, form: str) -> None:
    request = Request(operation.method, operation.path, ANTHROPIC[form], b"no JSON at all")
    answer = Talk().send(request)
    assert (answer.status, answer.json["code"]) == (401, "invalid_api_key")
    assert "sk-ant- keys (Anthropic direct) are not accepted" in str(answer.json["message"])


@pytest.mark.parametrize("form", ANTHROPIC)
def test_where_no_key_is_taken_an_sk_ant_key_is_not_looked_at(form: str) -> None:
    assert [judged(operation, ANTHROPIC[form]) for operation in operations("none")] == ["-"] * 4


@pytest.mark.parametrize("operation", operations("either", "bearer"), ids=lambda operation: str(operation.id))
def test_a_missing_key_is_judged_before_the_body(operation: Operation) -> None:
    answer = Talk().send(Request(operation.method, operation.path, {}, b"no JSON at all"))
    assert (answer.status, answer.json["code"]) == (401, "missing_api_key")


def test_a_missing_key_is_judged_before_the_size_of_the_body() -> None:
    assert Talk().send(Request("POST", "/v1/messages", {}, too_large=True)).status == 401


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("messages", "No API key. Send x-api-key: <key> or Authorization: Bearer <key or token>."),
        ("me", "No API key. Send Authorization: Bearer <key or token>."),
    ],
)
def test_a_missing_key_is_told_how_to_come(name: str, words: str) -> None:
    [operation] = [found for found in contract().operations if found.id == name]
    with pytest.raises(Refusal, match=f"^{words}$".replace(".", r"\.")):
        authenticate(operation, {})


@pytest.mark.parametrize("headers", [{"x-api-key": "sk-ant-x"}, {}, {"x-api-key": "sk_a", "x-mock-session": "!"}])
@pytest.mark.parametrize("seed", [{}, {"x-mock-seed": "7"}], ids=["no seed", "a seed"])
def test_a_refused_request_leaves_the_session_as_it_was(headers: dict[str, str], seed: dict[str, str]) -> None:
    talk = Talk()
    before = talk.session
    talk.post("/v1/messages", {}, headers | seed)
    assert talk.session is before


@pytest.mark.parametrize(
    ("key", "shown"),
    [("sk_live_0123456789", "sk_…89"), ("short", "…"), ("12345678", "…"), ("123456789", "123…89"), ("", "…")],
)
def test_a_mask_shows_little_of_a_key(key: str, shown: str) -> None:
    assert mask(key) == shown


def test_a_credential_does_not_show_its_key() -> None:
    assert repr(Credential("sk_live_0123456789")) == "Credential(sk_…89)"


def test_the_session_of_a_key_does_not_show_the_key() -> None:
    assert "secret" not in session_of("sk_secret")


def test_every_key_has_a_session_of_its_own() -> None:
    assert session_of("sk_a") != session_of("sk_b")
