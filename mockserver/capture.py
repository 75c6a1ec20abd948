"""Capture: what the journal keeps of an exchange, with every secret taken out before it is stored.

Rules:

- Headers whose name speaks of a key, token, cookie, password or login keep their name; of a key and of a bearer token
  the prefix and the last two characters stay, so that a person can tell two keys apart, of everything else nothing.
- The caller's own key is taken out wherever else it stands: other headers, the path, the body, an answer that repeats
  the body. That it stood in the body is remembered (`leaked`).
- Of logins (`/auth/`) neither body nor answer is kept: they are passwords and tokens.

The common request pays one look at each header's name and one search of its body for the key.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from mockserver import keys
from mockserver.actions import Action, Actions, Data, Head, Raw
from mockserver.asking import Request
from mockserver.engine import Decision
from mockserver.journal import Balance, Captured

_SECRET = re.compile(r"key|token|secret|passw|auth|cookie|credential|signature", re.IGNORECASE)
_KEYS = frozenset({"authorization", "x-api-key"})
NOTHING = "…"
"""What stands in the place of a secret that has no face."""

SHORTEST_KEY = 8
"""A shorter key would be found in texts by accident."""


@lru_cache(maxsize=1_024)
def is_secret(name: str) -> bool:
    """Whether a header of this name carries a secret."""
    return _SECRET.search(name) is not None


def redacted(name: str, value: str) -> str:
    """The value of a header as it may be kept."""
    if not is_secret(name):
        return value
    return keys.mask(value.rpartition(" ")[2]) if name.lower() in _KEYS else NOTHING


def capture(
    request: Request, decision: Decision, *, arrived: float, left: float, virtual: bool, credits: Balance | None
) -> tuple[str, bytes, Captured]:
    """The path, the body and the rest of an exchange as they may be kept."""
    key = keys.key_of(request.headers)
    path, body, actions, leaked = request.path, request.body, decision.actions, False
    if len(key) < SHORTEST_KEY:
        headers = {name: redacted(name, value) for name, value in request.headers.items()}
    else:
        headers = _without_key(request.headers, key)
        path = path.replace(key, keys.mask(key))
        secret = key.encode("utf-8", "surrogatepass")
        leaked = secret in body
        if leaked:
            shown = keys.mask(key).encode()
            body = body.replace(secret, shown)
            actions = tuple([_replaced(action, secret, shown) for action in actions])
    if is_login(path):
        body, actions = b"", tuple([action for action in actions if isinstance(action, Head)])
    kept = Captured(
        headers=headers,
        actions=actions,
        arrived=arrived,
        left=left,
        virtual=virtual,
        leaked=leaked,
        credits=credits,
    )
    return path, body, kept


def is_login(path: str) -> bool:
    """Whether neither the bodies of a path nor its answers are kept."""
    return "/auth/" in path


def _without_key(headers: Mapping[str, str], key: str) -> dict[str, str]:
    """Headers as they may be kept, in which the key does not stand either."""
    kept = dict(headers)
    for name, value in headers.items():
        if is_secret(name):
            kept[name] = redacted(name, value)
        elif key in value:
            kept[name] = value.replace(key, keys.mask(key))
    return kept


def _replaced(action: Action, secret: bytes, shown: bytes) -> Action:
    """An action whose bytes do not have the key."""
    if isinstance(action, Data | Raw) and secret in action.payload:
        return msgspec.structs.replace(action, payload=action.payload.replace(secret, shown))
    return action


def response_headers(actions: Actions) -> dict[str, str]:
    """The headers of an answer as they may be shown, by name."""
    for action in actions:
        if isinstance(action, Head):
            return {name: redacted(name, value) for name, value in action.headers}
    return {}
