"""Causes: what a run has to tell, grouped. One cause, such as a lost connection, can break many promises.

A deviation has a *fingerprint*: the operation, and the kind of deviation, which is its text without what differs from
run to run. Two deviations with one fingerprint are the same news; a baseline accepts fingerprints.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import DESCRIPTIONS, CheckedExchange

LONGEST_KIND = 160
"""Characters of a kind that tell it from others."""

_STATUS = re.compile(r"\b(status|expected|or|listed|lists|HTTP) (\d{3})(?=\D|$)")
_VARYING = re.compile(r"""'[^']*'|"[^"]*"|\b[\w-]*\d[\w.:-]*|\s+""")


class Fingerprint(NamedTuple):
    """Where a deviation was seen, and its kind."""

    operation: str
    kind: str

    def __str__(self) -> str:
        return f"{self.operation or 'no operation'}: {self.kind}"


def fingerprint(deviation: Deviation) -> Fingerprint:
    """Return the fingerprint of a deviation."""
    exchange = deviation.exchange
    if exchange is None:
        return Fingerprint("", kind_of(deviation.got))
    path = exchange.request.path.partition("?")[0]
    return Fingerprint(exchange.operation or f"{exchange.request.method} {path}", kind_of(deviation.got))


def kind_of(got: str) -> str:
    """Return what a deviation says, without quoted texts, numbers and ids. Statuses stay: each is another kind."""
    words = _STATUS.sub(lambda match: f"{match[1]} \0{_in_letters(match[2])}\0", got)
    words = _VARYING.sub(lambda match: " " if match[0].isspace() else "…", words)
    words = re.sub(r"\0([a-j]{3})\0", lambda match: _in_digits(match[1]), words)
    return words.strip()[:LONGEST_KIND]


def _in_letters(digits: str) -> str:
    return digits.translate(str.maketrans("0123456789", "abcdefghij"))


def _in_digits(letters: str) -> str:
    return letters.translate(str.maketrans("abcdefghij", "0123456789"))


def cause_of(deviation: Deviation) -> str:
    """Return why an answer deviates: its symptom if it has one, which explains every deviation of it; else its kind."""
    symptom = symptom_of(deviation.exchange) if deviation.exchange is not None else ""
    return symptom or kind_of(deviation.got)


def symptom_of(exchange: CheckedExchange) -> str:
    """Return what is wrong with an answer as a whole, or an empty string."""
    response = exchange.response
    if response.status == 0:
        return f"no answer: {response.trouble}"
    if response.ended != "complete":
        return DESCRIPTIONS[response.ended]
    if response.status >= 500 and not exchange.broken_on_purpose:
        return f"status {response.status}"
    return "an HTML page in place of an answer" if response.media == "text/html" else ""


@dataclass
class Sighting:
    """A kind of deviation that a run saw: the first one, its cause, and how often."""

    first: Deviation
    cause: str
    count: int = 0


class BrokenPromise(Protocol):
    """What a cause needs to know of a promise: the new sightings, by fingerprint."""

    @property
    def name(self) -> str:
        """The name of the promise."""
        ...

    @property
    def news(self) -> Mapping[Fingerprint, Sighting]:
        """The sightings that no baseline accepts."""
        ...


SEVERAL = "several requests"
"""The operation of a deviation that no single exchange shows."""


@dataclass(frozen=True)
class Cause:
    """One cause: what happened, the promises that it breaks, how often by operation, and the first deviation."""

    what: str
    promises: tuple[str, ...]
    operations: Mapping[str, int]
    first: Deviation

    @property
    def count(self) -> int:
        """How often it was seen."""
        return sum(self.operations.values())


def group(broken: Iterable[BrokenPromise]) -> list[Cause]:
    """Return the causes that break several promises, and one for whatever else breaks a promise."""
    entries = list(broken)
    breaks = Counter(cause for entry in entries for cause in {sighting.cause for sighting in entry.news.values()})
    parts: dict[tuple[str, str], list[tuple[str, Fingerprint, Sighting]]] = {}
    for entry in entries:
        for mark, sighting in entry.news.items():
            is_shared = breaks[sighting.cause] > 1
            key = (sighting.cause, "") if is_shared else ("", entry.name)
            parts.setdefault(key, []).append((entry.name, mark, sighting))
    causes = [_cause(key[0], members) for key, members in parts.items()]
    return sorted(causes, key=lambda cause: -len(cause.promises))


def _cause(cause: str, members: list[tuple[str, Fingerprint, Sighting]]) -> Cause:
    operations: Counter[str] = Counter()
    for _, mark, sighting in members:
        operations[mark.operation or SEVERAL] += sighting.count
    promises = tuple(dict.fromkeys(name for name, _, _ in members))
    first = members[0][2].first
    return Cause(cause or kind_of(first.got), promises, dict(operations.most_common()), first)
