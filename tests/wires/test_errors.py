"""Error answers: what each status is called on each wire, and the bodies that clients read."""

import orjson
import pytest

from mockserver.core.errors import Failure
from mockserver.wires import WIRES, wire_named
from mockserver.wires.envelopes import ENVELOPES, Envelope, render
from mockserver.wires.errors import STATUSES, failure, kind_of

# status, code, Anthropic's type, OpenAI's type
NAMES = """
400  invalid_request         invalid_request_error  invalid_request_error
401  invalid_api_key         authentication_error   authentication_error
402  insufficient_credits    billing_error          insufficient_credits
403  permission_denied       permission_error       permission_error
404  not_found               not_found_error        not_found_error
405  method_not_allowed      invalid_request_error  invalid_request_error
408  request_timeout         timeout_error          timeout_error
409  conflict                invalid_request_error  conflict_error
413  request_too_large       request_too_large      invalid_request_error
415  unsupported_media_type  invalid_request_error  invalid_request_error
422  validation_error        invalid_request_error  invalid_request_error
429  rate_limit_exceeded     rate_limit_error       rate_limit_error
500  internal_error          api_error              server_error
501  not_implemented         api_error              server_error
502  model_loading           api_error              server_error
503  model_unavailable       overloaded_error       server_error
504  gateway_timeout         timeout_error          server_error
529  overloaded              overloaded_error       server_error
418  client_error            invalid_request_error  invalid_request_error
599  server_error            api_error              server_error
"""
ROWS = [line.split() for line in NAMES.strip().splitlines()]

# The words of the documents (D1, D3, D4).
WORDS = {
    401: "Invalid API key. Use a key with the sk_ prefix (not sk-ant-).",
    402: "Insufficient credits. Top up or upgrade your plan.",
    422: "Validation error - Invalid tool parameters",
    429: "Rate limited. Check the retry-after header.",
    502: "Model loading. Retry in 5-10 seconds.",
    503: "Model loading. Retry in 5-10 seconds.",
}

REFUSED = Failure(status=400, code="bad", message="No.", param="messages.0.role")


def body(found: Failure, wire: str, envelope: Envelope = "superset") -> object:
    return orjson.loads(render(found, wire_named(wire), "req_1", envelope))


def test_the_table_below_knows_every_status() -> None:
    assert {int(row[0]) for row in ROWS} == {*STATUSES, 418, 599}


@pytest.mark.parametrize(("status", "code", "anthropic", "openai"), ROWS)
def test_a_status_has_its_names(status: str, code: str, anthropic: str, openai: str) -> None:
    types = {name: wire.errors.type_of(failure(int(status))) for name, wire in WIRES.items()}
    assert kind_of(int(status)).code == code
    assert types == {"anthropic": anthropic, "openai": openai, "openai_responses": openai}


@pytest.mark.parametrize("status", WORDS)
def test_a_status_has_the_words_of_the_documents(status: int) -> None:
    assert failure(status).message == WORDS[status]


def test_every_part_of_a_failure_can_be_overridden() -> None:
    headers = (("retry-after", "2"),)
    made = failure(429, code="slow_down", message="Wait.", type="patience_error", headers=headers)
    assert made == Failure(status=429, code="slow_down", message="Wait.", type="patience_error", headers=headers)


TYPES: list[tuple[str, str]] = [("anthropic", "billing_error"), ("openai", "insufficient_credits")]


@pytest.mark.parametrize(("wire", "name"), [*TYPES, ("json", "insufficient_credits")])
def test_the_type_is_the_wires_own_word(wire: str, name: str) -> None:
    assert wire_named(wire).errors.type_of(failure(402)) == name


@pytest.mark.parametrize("wire", ["anthropic", "openai", "json"])
def test_a_type_that_is_given_is_the_same_on_every_wire(wire: str) -> None:
    assert wire_named(wire).errors.type_of(failure(402, type="own_error")) == "own_error"


BARE = {"message": "No.", "code": "bad"}
OPENAI_ERROR = {"message": "No.", "type": "invalid_request_error", "code": "bad", "param": "messages.0.role"}
SUPERSET = {"error": OPENAI_ERROR, "detail": "No.", **BARE, "request_id": "req_1"}

BODIES: list[tuple[Envelope, str, object]] = [
    ("superset", "anthropic", {"type": "error", **SUPERSET}),
    ("superset", "openai", SUPERSET),
    ("superset", "json", SUPERSET),
    (
        "anthropic",
        "anthropic",
        {"type": "error", "error": {"type": "invalid_request_error", "message": "No."}, "request_id": "req_1"},
    ),
    ("openai", "openai", {"error": OPENAI_ERROR}),
    ("openai_responses", "openai_responses", {"error": OPENAI_ERROR}),
    ("fastapi", "openai", {"detail": "No."}),
    ("bare", "openai", BARE),
]


@pytest.mark.parametrize(("envelope", "wire", "expected"), BODIES)
def test_an_envelope_has_exactly_its_shape(envelope: Envelope, wire: str, expected: object) -> None:
    assert body(REFUSED, wire, envelope) == expected


def test_fastapi_tells_a_failed_validation_with_its_place() -> None:
    invalid = Failure(status=422, code="bad", message="No.", param="messages.0.role")
    detail = [{"type": "bad", "loc": ["body", "messages", 0, "role"], "msg": "No."}]
    assert body(invalid, "openai", "fastapi") == {"detail": detail}


def test_every_envelope_is_in_the_table_of_bodies() -> None:
    assert {envelope for envelope, _, _ in BODIES} == set(ENVELOPES)


def test_the_superset_has_no_param_if_no_field_is_at_fault() -> None:
    assert body(failure(500), "openai") == {
        "error": {"message": "Internal server error", "type": "server_error", "code": "internal_error"},
        "detail": "Internal server error",
        "message": "Internal server error",
        "code": "internal_error",
        "request_id": "req_1",
    }
