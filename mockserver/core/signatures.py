"""Signatures of thinking: the proof that a thinking block comes back as the gateway sent it.

A signature has a nonce, which comes from the seed, and a digest of the nonce and the thinking. So anybody who knows the
rule can check a signature without a session: another worker, or the same gateway after a restart.

Rules:

- A signature begins with `MARK`. One without it is foreign: a scenario or a client wrote it, and nothing can be said
  about it.
- This is no cryptography. It catches clients that change or lose thinking, and withstands nobody who forges it.
"""

from mockserver.core.rng import token

THINKING_CHANGED = "thinking_changed"
"""The code of a refusal of thinking that did not come back as it was."""

MARK = "mock"
NONCE = 24
LENGTH = 64
"""The length of a signature: a multiple of four, so that it is valid base64 too."""


def sign(thinking: str, nonce: str) -> str:
    """Return the signature of a thinking text. The nonce has `NONCE` hexadecimal digits."""
    return MARK + nonce + token("signature", nonce, thinking, length=LENGTH - len(MARK) - NONCE)


def is_foreign(signature: str) -> bool:
    """Return whether a signature was not made here, so that nothing can be said about it."""
    return not signature.startswith(MARK)


def is_genuine(thinking: str, signature: str) -> bool:
    """Return whether this text got this signature here."""
    return signature == sign(thinking, nonce_of(signature))


def signed_again(thinking: str, signature: str) -> str:
    """Return the signature of a changed text: one made here is renewed, a foreign one stays as it is."""
    return signature if is_foreign(signature) else sign(thinking, nonce_of(signature))


def nonce_of(signature: str) -> str:
    """Return the nonce of a signature that was made here."""
    return signature[len(MARK) : len(MARK) + NONCE]
