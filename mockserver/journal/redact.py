"""Redaction: what the journal keeps of an exchange, without secrets.

Rules:

- A header whose name suggests a key, token, cookie, password or login keeps its name. A key or bearer token is masked:
  its prefix and last two characters stay, so that a person can tell two keys apart. Other values are redacted fully.
- Names of headers are cut to 200 characters; the value of a header whose name was cut is redacted.
- The caller's own keys are masked wherever else they occur: other headers, the path, the body, an answer that repeats
  the body. `leaked` says that one occurred in the body.
- Neither body nor answer of a login (`/auth/`) is kept: they are passwords and tokens.
- The recipe has the answer's texts too: the caller's keys are masked in it, and that of a login is not kept.

Headers are redacted once for as long as a client repeats them; then a request costs one search of its body for the key.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from mockserver.accounts import keys
from mockserver.core.actions import Action, Actions, Data, Head, Raw
from mockserver.core.conversation import Json, ReplyBlock, Text, Thinking
from mockserver.core.headers import derive
from mockserver.engine.decision import Decision
from mockserver.engine.recipe import Recipe
from mockserver.engine.request import Request
from mockserver.journal.log import Balance, Captured, KeptHeaders

_SECRET = re.compile(r"key|token|secret|passw|auth|cookie|credential|signature", re.IGNORECASE)
_KEYS = frozenset({"authorization", "x-api-key"})
LONGEST_NAME = 200
"""Characters of a header's name that are kept; the value of a header with a longer name is not."""
REDACTED = "…"
"""Placeholder for a fully redacted value."""


def is_secret(name: str) -> bool:
    """Return whether a header of this name carries a secret. A name too long to keep may hide one, so it counts."""
    return len(name) > LONGEST_NAME or _is_secret(name)


@lru_cache(maxsize=1_024)
def _is_secret(name: str) -> bool:
    """Return the same for a name that is short enough to be cached."""
    return _SECRET.search(name) is not None


def redact_header(name: str, value: str) -> str:
    """Return the value of a header without its secret."""
    if not is_secret(name):
        return value
    return keys.mask(value.rpartition(" ")[2]) if name.lower() in _KEYS else REDACTED


def capture(
    request: Request,
    decision: Decision,
    *,
    received_at: float,
    ended_at: float,
    virtual: bool,
    credits: Balance | None,
    live: int = 0,
) -> tuple[str, str, bytes, Captured]:
    """Return the client's name, the path, the body and the rest of an exchange, without secrets."""
    redacted = derive(request.headers, _redacted)
    path, body, actions, leaked = request.path, request.body, decision.actions, False
    recipe = decision.recipe
    for key, mask, secret in redacted.secrets:
        is_in_body = secret in body
        if not is_in_body and not redacted.repeats_keys and key not in path and key not in request.query:
            continue
        if recipe is not None:
            recipe = _masked_recipe(recipe, key, mask)
        if key in path:
            path = path.replace(key, mask)
        if is_in_body:
            leaked, body = True, body.replace(secret, mask.encode())
            actions = tuple([_replaced(action, secret, mask.encode()) for action in actions])
    if is_login(path):
        recipe, body, actions = None, b"", tuple([action for action in actions if isinstance(action, Head)])
    kept = Captured(
        headers=redacted.headers,
        actions=actions,
        received_at=received_at,
        ended_at=ended_at,
        virtual=virtual,
        leaked=leaked,
        credits=credits,
        live=live,
        recipe=recipe,
    )
    return redacted.headers.client, path, body, kept


def unmasked(request: Request) -> KeptHeaders | None:
    """Return the request's headers without secrets; None if a key of the caller occurs anywhere else in it."""
    redacted = derive(request.headers, _redacted)
    if redacted.repeats_keys:
        return None
    for key, _, secret in redacted.secrets:
        if secret in request.body or key in request.path or key in request.query:
            return None
    return redacted.headers


class _Redacted(NamedTuple):
    """Headers without secrets; each key of the caller with its mask and its bytes; whether a header repeats a key."""

    headers: KeptHeaders
    secrets: tuple[tuple[str, str, bytes], ...]
    repeats_keys: bool


def _redacted(sent: Mapping[str, str]) -> _Redacted:
    """Return what may be kept of a request's headers, and what must be looked for elsewhere."""
    headers = {_cut(name): redact_header(name, value) for name, value in sent.items()}
    masks, repeats_keys = keys.masks(sent), False
    for key, mask in masks.items():
        if any(key in value for value in headers.values()):
            repeats_keys = True
            headers = {name: value.replace(key, mask) for name, value in headers.items()}
    secrets = tuple([(key, mask, key.encode("utf-8", "surrogatepass")) for key, mask in masks.items()])
    return _Redacted(KeptHeaders(headers), secrets, repeats_keys)


def _cut(name: str) -> str:
    """Return the name of a header as it may be kept."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def is_login(path: str) -> bool:
    """Return whether a path is a login, whose body and answer are not kept."""
    return "/auth/" in path


def _replaced(action: Action, secret: bytes, shown: bytes) -> Action:
    """Return the action with the key in its bytes replaced."""
    if isinstance(action, Data | Raw) and secret in action.payload:
        return msgspec.structs.replace(action, payload=action.payload.replace(secret, shown))
    return action


def _masked_recipe(recipe: Recipe, key: str, mask: str) -> Recipe:
    """Return what an answer was made from with the key masked in what the client can have put there."""
    secret, shown = key.encode("utf-8", "surrogatepass"), mask.encode()
    reply, failure = recipe.reply, recipe.failure
    if reply is not None:
        reply = msgspec.structs.replace(
            reply, blocks=tuple([_masked_block(block, key, mask) for block in reply.blocks])
        )
    if failure is not None:
        failure = msgspec.structs.replace(failure, message=failure.message.replace(key, mask))
    actions = tuple([_replaced(action, secret, shown) for action in recipe.actions])
    return msgspec.structs.replace(recipe, reply=reply, failure=failure, actions=actions)


def _masked_block(block: ReplyBlock, key: str, mask: str) -> ReplyBlock:
    if isinstance(block, Text):
        return Text(block.text.replace(key, mask), block.is_refusal)
    if isinstance(block, Thinking):
        return msgspec.structs.replace(block, text=block.text.replace(key, mask))
    masked = _masked_json(block.input, key, mask)
    return msgspec.structs.replace(block, input=masked if isinstance(masked, dict) else {})


def _masked_json(value: Json, key: str, mask: str) -> Json:
    """Return a JSON value with the key masked in every text, names included."""
    if isinstance(value, str):
        return value.replace(key, mask)
    if isinstance(value, Mapping):
        return {name.replace(key, mask): _masked_json(item, key, mask) for name, item in value.items()}
    return [_masked_json(item, key, mask) for item in value] if isinstance(value, list) else value


def response_headers(actions: Actions) -> dict[str, str]:
    """Return the headers of an answer, by name, without secrets."""
    for action in actions:
        if isinstance(action, Head):
            return {name: redact_header(name, value) for name, value in action.headers}
    return {}
