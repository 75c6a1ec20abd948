"""Credentials out of everything that is printed or written: reports, logs, baselines.

Three ways to know one: the operator gave it, a request carried it in a header, a field is named as one. The scenes' own
`sk-ant-` key is no secret, and a request cannot be repeated without it, so it stays.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.probes.auth import ANTHROPIC_KEY

SHORTEST = 6
"""Shorter ones are words too: taking them out would spoil a report and hide nothing."""

NAMES = "password|access_token|refresh_token|api_key"
_JSON_FIELD = re.compile(rf'("({NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"?')
_FORM_FIELD = re.compile(rf"(\b({NAMES})=)[^&\s\"']+")
MARK = "\0"
"""Around the name of a hidden field, for whoever writes a shell's variable there."""


def redact_text(text: str, request: SentRequest | None = None, known: Iterable[str] = ()) -> str:
    """A text without secrets: those that are known, those of a request, and those in fields with such a name."""
    secrets = {*known, *(request.credentials if request is not None else ())} - {ANTHROPIC_KEY}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "$KEY")
    return re.sub(rf"{MARK}(\w+){MARK}", r"$\1", mark_fields(text))


def mark_fields(text: str) -> str:
    """A body with a marked name, such as PASSWORD, in place of every secret field's value."""
    text = _JSON_FIELD.sub(lambda found: f'{found[1]}"{MARK}{found[2].upper()}{MARK}"', text)
    return _FORM_FIELD.sub(lambda found: f"{found[1]}{MARK}{found[2].upper()}{MARK}", text)


def redact_deviation(finding: Deviation, known: Iterable[str] = ()) -> Deviation:
    """A finding whose words hold no secret."""
    request = finding.exchange.request if finding.exchange is not None else None
    return replace(finding, got=redact_text(finding.got, request, known))
