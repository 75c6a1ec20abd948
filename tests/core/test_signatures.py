"""Signatures of thinking: made from a nonce and the text, and checked without a session."""

import base64

import pytest

from mockserver.core.signatures import LENGTH, NONCE, is_foreign, is_genuine, sign, signed_again

NONCE_A, NONCE_B = "a" * NONCE, "b" * NONCE


def test_a_signature_proves_its_own_text_and_no_other() -> None:
    signature = sign("Let me think.", NONCE_A)
    assert is_genuine("Let me think.", signature)
    assert not is_genuine("Let me think!", signature)


def test_the_nonce_makes_two_signatures_of_one_text_differ() -> None:
    assert sign("Hm.", NONCE_A) != sign("Hm.", NONCE_B)


def test_a_signature_is_valid_base64() -> None:
    signature = sign("Hm.", NONCE_A)
    assert len(signature) == LENGTH
    assert base64.b64encode(base64.b64decode(signature, validate=True)).decode() == signature


@pytest.mark.parametrize("length", [4, 10, LENGTH - 1])
def test_a_shortened_signature_proves_nothing(length: int) -> None:
    assert not is_genuine("Hm.", sign("Hm.", NONCE_A)[:length])


@pytest.mark.parametrize(("signature", "foreign"), [("EqQBCgIYAhIM", True), ("", True), (sign("Hm.", NONCE_A), False)])
def test_a_signature_that_was_not_made_here_is_foreign(signature: str, foreign: bool) -> None:
    assert is_foreign(signature) is foreign


def test_a_changed_text_keeps_its_nonce_and_a_foreign_signature() -> None:
    assert signed_again("Hm", sign("Hm.", NONCE_A)) == sign("Hm", NONCE_A)
    assert signed_again("Hm", "EqQB") == "EqQB"
