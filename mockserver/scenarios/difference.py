"""The reason why a condition does not match, and how it prints values.

Every difference reads the same way: the subject, what it is, and what was expected. Most differences are never
printed, so the text is built only by `str()`.
"""

from collections.abc import Sequence

import msgspec

from mockserver.core.conversation import compact_json

LONGEST_VALUE = 60
"""The most characters of a value that a difference prints."""


class Difference(msgspec.Struct, frozen=True, gc=False):
    """One reason why a condition does not match a call.

    It prints as `subject verb actual; expected …`. `quoted` marks an `actual` that a client wrote: it is printed
    quoted, shortened and on one line.
    """

    subject: str
    actual: str
    expected: str = ""
    verb: str = "is"
    quoted: bool = False

    def __str__(self) -> str:
        actual = quote(self.actual) if self.quoted else self.actual
        statement = f"{self.subject} {self.verb} {actual}"
        return f"{statement}; expected {self.expected}" if self.expected else statement


def quote(text: str) -> str:
    """Return a text quoted, on one line, shortened to `LONGEST_VALUE` characters."""
    return repr(_shorten(text))


def print_json(value: object) -> str:
    """Return a value as JSON, on one line, shortened to `LONGEST_VALUE` characters."""
    text = _shorten(compact_json(value))
    return text if text.isprintable() else repr(text)[1:-1]


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def join_differences(texts: Sequence[str]) -> str:
    """Return several differences as one phrase: `(a) and (b)`; a single one needs no parentheses."""
    return texts[0] if len(texts) == 1 else " and ".join([f"({text})" for text in texts])
