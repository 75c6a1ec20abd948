"""API keys: the credential of a request, read and checked before its body (D1, D3).

Rules (rulings of the contract):

- A key comes as `x-api-key` or as `Authorization: Bearer`, whichever the operation documents; if both come where both
  are read, x-api-key wins.
- A key that begins with `sk-ant-` is refused with 401 in either header, on every route that takes a key, even where a
  key is optional.
- A missing key is 401 where one is required. Every other key passes here; `identify` finds its account.
"""

import re
from collections.abc import Mapping

import msgspec

from mockserver.core.errors import Refusal
from mockserver.core.headers import derive
from mockserver.core.rng import token
from mockserver.openapi.operation import Operation

REFUSED_PREFIX = "sk-ant-"
ANONYMOUS = "anonymous"

_LIKELY = re.compile(r"\b[sa]k[_-][A-Za-z0-9._-]{5,}")
SHORTEST = 8
"""Characters; a shorter key would be found in texts by accident."""


class Credential(msgspec.Struct, frozen=True, gc=False):
    """A key as it came. Never store, log or show it: use `session_of` or `mask`."""

    key: str

    def __repr__(self) -> str:
        return f"Credential({mask(self.key)})"


def mask(key: str) -> str:
    """Return what may be shown of a key: its prefix and its last two characters."""
    return f"{key[:3]}…{key[-2:]}" if len(key) > SHORTEST else "…"


def masks(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the mask of every key in a request's headers, whether the operation reads that header or not."""
    sent = {headers.get("x-api-key", "").strip(), headers.get("authorization", "").rpartition(" ")[2]}
    return {key: mask(key) for key in sent if len(key) >= SHORTEST}


def hide(text: str, masks: Mapping[str, str]) -> str:
    """Return the text with every key replaced by its mask."""
    for key, masked in masks.items():
        text = text.replace(key, masked)
    return text


def hide_likely(text: str) -> str:
    """Return the text with everything masked that looks like a documented key (`sk_…`, `ak_…`, `sk-…`)."""
    return _LIKELY.sub(lambda match: mask(match[0]), text)


def session_of(key: str) -> str:
    """Return the name of the session of a key. The key cannot be derived from it."""
    return "key-" + token("session", key, length=12)


def bearer_of(headers: Mapping[str, str]) -> str | None:
    """Return the token of `Authorization: Bearer …` (RFC 6750; the scheme in any case), or None."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def key_of(headers: Mapping[str, str]) -> str:
    """Return the key of a request from either header, x-api-key first, or ''."""
    return headers.get("x-api-key", "").strip() or bearer_of(headers) or ""


def authenticate(operation: Operation, headers: Mapping[str, str]) -> Credential | None:
    """Return the credential of a request, or None where it has none and needs none.

    `headers` have lower-case names. Raises `Refusal` 401.
    """
    if not operation.schemes:
        return None
    refuse_foreign(headers)
    api_key = headers.get("x-api-key", "").strip() or None
    bearer = derive(headers, bearer_of)
    if api_key is not None and "x-api-key" in operation.schemes:
        return Credential(api_key)
    if bearer is not None and "bearer" in operation.schemes:
        return Credential(bearer)
    if "authorization" in headers and bearer is None and "bearer" in operation.schemes:
        raise Refusal(401, "invalid_authorization", "The authorization header must be 'Bearer <key or token>'.")
    if operation.key_optional:
        return None
    ways = {"x-api-key": "x-api-key: <key>", "bearer": "Authorization: Bearer <key or token>"}
    wanted = " or ".join([ways[scheme] for scheme in operation.schemes])
    raise Refusal(401, "missing_api_key", f"No API key. Send {wanted}.")


def refuse_foreign(headers: Mapping[str, str]) -> None:
    """Raise `Refusal` 401 for a key of another vendor, in either header."""
    for key in (headers.get("x-api-key", "").strip(), bearer_of(headers) or ""):
        if key.startswith(REFUSED_PREFIX):
            raise Refusal(
                401,
                "invalid_api_key",
                "Invalid API key: sk-ant- keys (Anthropic direct) are not accepted. Use a key with the sk_ prefix.",
            )
