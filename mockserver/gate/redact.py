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
    """Return a deviation whose text contains no credential, nor the path and headers of its request a known one."""
    exchange = deviation.exchange
    if exchange is None:
        return replace(deviation, got=redact_text(deviation.got, None, known))
    got = redact_text(deviation.got, exchange.request, known)
    return replace(deviation, got=got, exchange=replace(exchange, request=mark_request(exchange.request, known)))


def mark_request(request: SentRequest, known: Iterable[str]) -> SentRequest:
    """Return a request with a marked name in place of each known secret, wherever its document puts it."""
    secrets = sorted((secret for secret in known if len(secret) >= SHORTEST), key=len, reverse=True)

    def marked(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, f"{MARK}KEY{MARK}")
        return text

    headers = {name: marked(value) for name, value in request.headers.items()}
    return replace(request, path=marked(request.path), headers=headers)
