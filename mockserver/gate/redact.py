"""Removes credentials from everything that is printed or written: reports, logs, baselines.

A text is a credential if the operator gave it, if a request had it in a header, or if a field has the name of one. The
`sk-ant-` key of the probes is no secret, and a request cannot be repeated without it, so it stays.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.probes.auth import ANTHROPIC_KEY

SHORTEST = 6
"""Shorter texts can be words: redacting them would damage a report and hide nothing."""

NAMES = "password|access_token|refresh_token|api_key"
_JSON_FIELD = re.compile(rf'("({NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"?')
_FORM_FIELD = re.compile(rf"(\b({NAMES})=)[^&\s\"']+")
MARK = "\0"
"""Surrounds the name of a redacted field, for callers that put a shell variable there."""


def redact_text(text: str, request: SentRequest | None = None, known: Iterable[str] = ()) -> str:
    """Return a text without known secrets, the credentials of the request, and the values of secret fields."""
    secrets = {*known, *(request.credentials if request is not None else ())} - {ANTHROPIC_KEY}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "$KEY")
    return re.sub(rf"{MARK}(\w+){MARK}", r"$\1", mark_fields(text))


def mark_fields(text: str) -> str:
    """Return a body in which every value of a secret field is its marked name, such as PASSWORD."""
    text = _JSON_FIELD.sub(lambda match: f'{match[1]}"{MARK}{match[2].upper()}{MARK}"', text)
    return _FORM_FIELD.sub(lambda match: f"{match[1]}{MARK}{match[2].upper()}{MARK}", text)


def redact_deviation(deviation: Deviation, known: Iterable[str] = ()) -> Deviation:
    """Return a deviation whose text contains no credential."""
    request = deviation.exchange.request if deviation.exchange is not None else None
    return replace(deviation, got=redact_text(deviation.got, request, known))
