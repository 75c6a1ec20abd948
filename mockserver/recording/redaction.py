"""Redaction: secrets of a recording become placeholders, and a last scan refuses a document that still has one.

Rules:

- A secret is what a header or a field with the name of a secret holds, what looks like a key, a token (JWT), a private
  key or an e-mail address, and what a configured pattern matches.
- Each secret is `{{secret.1}}`, `{{secret.2}}`, … wherever it occurs, in requests and replies. In a condition the
  placeholder stands for any text, so that a redacted prompt still matches; in a reply the mock writes a
  harmless word instead.
- Texts are redacted when they are whole, so it does not matter where a stream cut them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from mockserver.accounts import keys
from mockserver.core.conversation import Json
from mockserver.core.errors import OperatorError
from mockserver.core.json_text import json_or_none
from mockserver.recording.exchange import RecordedExchange
from mockserver.scenarios.templates import harmless

SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "cookie", "set-cookie", "x-auth-token"}
)
"""Headers whose values are secrets."""

SECRET_FIELD = re.compile(
    r"(?:api|access|secret|private|client)[-_]?(?:key|secret)|(?:access|refresh|id|auth|session)?[-_]?token"
    r"|secret|passw(?:or)?d|passphrase|authorization|cookie|credentials?",
    re.IGNORECASE,
)
"""Names of JSON fields whose texts are secrets."""

PATTERNS: Sequence[re.Pattern[str]] = tuple(
    [
        re.compile(pattern)
        for pattern in (
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?-----END [A-Z ]*PRIVATE KEY-----",
            r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
            r"\b(?:sk|ak|pk|rk)[-_][A-Za-z0-9_-]{12,}",
            r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|hf_)[A-Za-z0-9_-]{16,}",
            r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
            r"\bAIza[A-Za-z0-9_-]{30,}",
            r"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{12,}=*",
            r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b",
        )
    ]
)
"""What looks like a secret: private keys, JWTs, keys of providers, bearer tokens, e-mail addresses."""

SHORTEST = 6
"""Characters from which the value of a secret header or field is a secret: `none` and `true` are not."""


class SecretsLeftError(OperatorError):
    """A document still has secrets, so it must not be written."""


class Redaction:
    """The secrets of a recording, and their numbers. One value serves all files of a session.

    `patterns` are regular expressions of a project's own secrets.
    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._patterns = (*PATTERNS, *[re.compile(pattern) for pattern in patterns])
        self._secrets: dict[str, None] = {}
        self._numbers: dict[str, int] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets found so far."""
        return tuple(self._secrets)

    def learn(self, exchange: RecordedExchange) -> None:
        """Remember the secrets in the path, headers and bodies of an exchange."""
        for headers in (exchange.headers, exchange.response_headers):
            for name, value in headers.items():
                if name in SECRET_HEADERS:
                    self._add_all(_header_secrets(name, value))
        self._add_all(keys.masks(exchange.headers))
        self.learn_from(exchange.path)
        for body in (exchange.body, exchange.payload):
            self.learn_from(json_or_none(body))

    def learn_from(self, value: Json) -> None:
        """Remember the secrets in a JSON value."""
        self._add_all(_field_secrets(value))
        for text in _texts(value):
            for pattern in self._patterns:
                self._add_all([match[0] for match in pattern.finditer(text)])

    def _add_all(self, secrets: Iterable[str]) -> None:
        for secret in secrets:
            if len(secret) >= SHORTEST:
                self._secrets.setdefault(secret)

    def redact(self, value: Json) -> Json:
        """Return a value whose secrets are placeholders, names of fields included."""
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, Mapping):
            return {self.redact_text(name): self.redact(item) for name, item in value.items()}
        return [self.redact(item) for item in value] if isinstance(value, list) else value

    def redact_text(self, text: str) -> str:
        """Return a text whose secrets are placeholders."""
        return self._replaced(text, placeholder)

    def disguise_text(self, text: str) -> str:
        """Return a text with the word in place of each secret that the mock writes for its placeholder."""
        return self._replaced(text, harmless)

    def _replaced(self, text: str, stand_in: Callable[[int], str]) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            if secret in text:
                number = self._numbers.setdefault(secret, len(self._numbers) + 1)
                text = text.replace(secret, stand_in(number))
        return text

    def leaks(self, document: str) -> list[str]:
        """Return what is left in a document of secrets, masked."""
        return leaks(document, self.secrets, self._patterns)


def placeholder(number: int) -> str:
    """Return what stands for a secret in a scenario."""
    return f"{{{{secret.{number}}}}}"


def leaks(document: str, secrets: Sequence[str] = (), patterns: Sequence[re.Pattern[str]] = PATTERNS) -> list[str]:
    """Return the secrets that a document still has, masked: the known ones, and what looks like one.

    Known secrets are also found where a line break or an escape of YAML or JSON stands inside them.
    """
    squeezed = re.sub(r"\\?[\s\"'\\]+", "", document)
    left = [secret for secret in secrets if secret in document or re.sub(r"[\s\"'\\]+", "", secret) in squeezed]
    left += [match[0] for pattern in patterns for match in pattern.finditer(document)]
    return sorted({keys.mask(secret) for secret in left})


def _header_secrets(name: str, value: str) -> Iterator[str]:
    """Yield the secrets of a header: the credentials behind the scheme, or the values of the cookies."""
    if "cookie" in name:
        for part in re.split(r"[;,\n]", value):
            yield part.partition("=")[2].strip()
    else:
        yield value.strip().rpartition(" ")[2]


def _field_secrets(value: Json) -> Iterator[str]:
    """Yield the texts of fields with the name of a secret."""
    if isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str) and SECRET_FIELD.fullmatch(name):
                yield item
            yield from _field_secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _field_secrets(item)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
