"""Capture: what the journal keeps of an exchange, with every secret taken out before it is stored.

Rules:

- Headers whose name speaks of a key, token, cookie, password or login keep their name; of a key and of a bearer token
  the prefix and the last two characters stay, so that a person can tell two keys apart, of everything else nothing.
- Names of headers are cut to 200 characters, and the value of a header whose name was cut is not kept.
- The caller's own keys are taken out wherever else they stand: other headers, the path, the body, an answer that
  repeats the body. That one stood in the body is remembered (`leaked`).
- Of logins (`/auth/`) neither body nor answer is kept: they are passwords and tokens.

The common request pays one look at each header's name and one search of its body for the key.
"""

import re
from functools import lru_cache

import msgspec

from mockserver.accounts import keys
from mockserver.core.actions import Action, Actions, Data, Head, Raw
from mockserver.engine.decision import Decision
from mockserver.engine.request import Request
from mockserver.journal.log import Balance, Captured

_SECRET = re.compile(r"key|token|secret|passw|auth|cookie|credential|signature", re.IGNORECASE)
_KEYS = frozenset({"authorization", "x-api-key"})
LONGEST_NAME = 200
"""Characters of a header's name that are kept; the value of a longer one is not."""
NOTHING = "…"
"""What stands in the place of a secret that has no face."""


def is_secret(name: str) -> bool:
    """Return whether a header of this name carries a secret. A name too long to keep may hide one, so it counts."""
    return len(name) > LONGEST_NAME or _is_secret(name)


@lru_cache(maxsize=1_024)
def _is_secret(name: str) -> bool:
    """Return the same for a name that is short enough to be remembered."""
    return _SECRET.search(name) is not None


def redacted(name: str, value: str) -> str:
    """The value of a header as it may be kept."""
    if not is_secret(name):
        return value
    return keys.mask(value.rpartition(" ")[2]) if name.lower() in _KEYS else NOTHING


def capture(
    request: Request,
    decision: Decision,
    *,
    received_at: float,
    ended_at: float,
    virtual: bool,
    credits: Balance | None,
    live: int = 0,
) -> tuple[str, bytes, Captured]:
    """The path, the body and the rest of an exchange as they may be kept."""
    headers = {_cut(name): redacted(name, value) for name, value in request.headers.items()}
    path, body, actions, leaked = request.path, request.body, decision.actions, False
    for key, face in keys.masks(request.headers).items():
        headers = {name: value.replace(key, face) if key in value else value for name, value in headers.items()}
        path = path.replace(key, face)
        secret = key.encode("utf-8", "surrogatepass")
        if secret in body:
            leaked, body = True, body.replace(secret, face.encode())
            actions = tuple([_replaced(action, secret, face.encode()) for action in actions])
    if is_login(path):
        body, actions = b"", tuple([action for action in actions if isinstance(action, Head)])
    kept = Captured(
        headers=headers,
        actions=actions,
        received_at=received_at,
        ended_at=ended_at,
        virtual=virtual,
        leaked=leaked,
        credits=credits,
        live=live,
    )
    return path, body, kept


def _cut(name: str) -> str:
    """Return the name of a header as it may be kept."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def is_login(path: str) -> bool:
    """Whether neither the bodies of a path nor its answers are kept."""
    return "/auth/" in path


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
