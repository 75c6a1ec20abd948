"""Redaction: what the journal keeps of an exchange, without secrets.

Rules:

- A header whose name suggests a key, token, cookie, password or login keeps its name. A key or bearer token is masked:
  its prefix and last two characters stay, so that a person can tell two keys apart. Other values are redacted fully.
- Names of headers are cut to 200 characters; the value of a header whose name was cut is redacted.
- The caller's own keys are masked wherever else they occur: other headers, the path, the body, an answer that repeats
  the body. `leaked` says that one occurred in the body.
- Neither body nor answer of a login (`/auth/`) is kept: they are passwords and tokens.
- The note's recipe has the answer's texts unmasked, so it is dropped for logins, and for requests that repeat a key.

The usual request costs one look at each header's name and one search of its body for the key.
"""

import re
from functools import lru_cache

import msgspec

from mockserver.accounts import keys
from mockserver.core.actions import Action, Actions, Data, Head, Raw
from mockserver.engine.decision import Decision, Note
from mockserver.engine.request import Request
from mockserver.journal.log import Balance, Captured

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
) -> tuple[str, bytes, Note, Captured]:
    """Return the path, the body, the note and the rest of an exchange, without secrets."""
    headers = {_cut(name): redact_header(name, value) for name, value in request.headers.items()}
    path, body, actions, note, leaked = request.path, request.body, decision.actions, decision.note, False
    for key, mask in keys.masks(request.headers).items():
        secret = key.encode("utf-8", "surrogatepass")
        repeated = secret in body or key in path or key in request.query
        if repeated or any(key in value for value in headers.values()):
            note = msgspec.structs.replace(note, recipe=None)
        headers = {name: value.replace(key, mask) if key in value else value for name, value in headers.items()}
        path = path.replace(key, mask)
        if secret in body:
            leaked, body = True, body.replace(secret, mask.encode())
            actions = tuple([_replaced(action, secret, mask.encode()) for action in actions])
    if is_login(path):
        body, actions = b"", tuple([action for action in actions if isinstance(action, Head)])
        note = msgspec.structs.replace(note, recipe=None)
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
    return path, body, note, kept


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


def response_headers(actions: Actions) -> dict[str, str]:
    """Return the headers of an answer, by name, without secrets."""
    for action in actions:
        if isinstance(action, Head):
            return {name: redact_header(name, value) for name, value in action.headers}
    return {}
