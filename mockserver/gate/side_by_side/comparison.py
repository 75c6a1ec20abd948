"""Where the answers of two gateways to the same requests differ, by promise and field.

A question is *not compared* if one of the two gave no whole answer, or answers 429 or 5xx: that says something of the
moment. Whether a field is there is seen over the whole run, because not every answer has every field.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mockserver.contracts.check import ExchangeView, Memory
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.suite import run_checks
from mockserver.gate.comparison import PER_RUN
from mockserver.gate.side_by_side.facts import facts, fields

NOTHING = "nothing"
"""What a gateway has where only the other one has a field."""


@dataclass(frozen=True)
class GatewayDifference:
    """One difference: the promise, the operation with its status, the field, and what each of the two has."""

    promise: str
    operation: str
    field: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.operation}, {self.field}: A {self.first}, B {self.second}"


@dataclass
class SideBySide:
    """What two gateways answered to the same questions. `stopped` says why the run ended early."""

    urls: tuple[str, str]
    differences: dict[GatewayDifference, int] = field(default_factory=dict)
    examples: dict[GatewayDifference, SentRequest] = field(default_factory=dict)
    asked: int = 0
    same: int = 0
    skipped: int = 0
    stopped: str = ""

    def by_promise(self) -> Mapping[str, list[GatewayDifference]]:
        """Return the differences of each promise, the most frequent first."""
        grouped: dict[str, list[GatewayDifference]] = {}
        for each in sorted(self.differences, key=lambda one: -self.differences[one]):
            grouped.setdefault(each.promise, []).append(each)
        return grouped

    @property
    def exit_code(self) -> int:
        """0: the same, 1: they differ, 3: unfinished, or nothing could be compared."""
        if self.differences:
            return 1
        return 3 if self.stopped or self.asked == self.skipped else 0

    def add(self, difference: GatewayDifference, request: SentRequest | None) -> None:
        """Count a difference, and keep the first request that shows it."""
        self.differences[difference] = self.differences.get(difference, 0) + 1
        if request is not None:
            self.examples.setdefault(difference, request)


@dataclass(frozen=True)
class AnsweredTwice:
    """A request, the answers of both gateways, and when it was sent (seconds since 1970)."""

    request: SentRequest
    answers: tuple[ReceivedResponse, ReceivedResponse]
    at: float


def compare(urls: tuple[str, str], pairs: Iterable[AnsweredTwice], document: ContractDocument) -> SideBySide:
    """Return where the answers of two gateways differ. Routes that the contract does not have are left out."""
    found = SideBySide(urls)
    memories, forms = (Memory(), Memory()), _Forms()
    for pair in pairs:
        request = pair.request
        if document.find(request.method, request.path) is None:
            continue
        found.asked += 1
        if any(each.status in (0, 429) or each.status >= 500 or each.ended != "complete" for each in pair.answers):
            found.skipped += 1
            continue
        views = [_view(pair, side, document, memory) for side, memory in enumerate(memories)]
        differences = list(_differences(views[0], views[1]))
        for each in dict.fromkeys(differences):
            found.add(each, request)
        found.same += not differences
        forms.see(views, request)
    for difference, example in forms.differences():
        found.add(difference, example)
    return found


def _view(pair: AnsweredTwice, side: int, document: ContractDocument, memory: Memory) -> ExchangeView:
    operation = document.find(pair.request.method, pair.request.path)
    exchange = CheckedExchange(pair.request, pair.answers[side], operation.name if operation else "", pair.at)
    return ExchangeView(exchange, document, operation, memory)


def _place(view: ExchangeView) -> str:
    exchange = view.exchange
    name = exchange.operation or f"{exchange.request.method} {exchange.request.path}"
    return f"{name} {exchange.response.status}{' stream' if exchange.response.is_stream else ''}"


def _differences(first: ExchangeView, second: ExchangeView) -> Iterator[GatewayDifference]:
    """Yield where two answers to one request differ. If the status does, nothing else is compared."""
    statuses = [view.exchange.response.status for view in (first, second)]
    if statuses[0] != statuses[1]:
        name = first.exchange.operation or first.exchange.request.path
        yield GatewayDifference("known-status", name, "status", str(statuses[0]), str(statuses[1]))
        return
    for one, other in zip(facts(first), facts(second), strict=False):
        if one.has != other.has:
            yield GatewayDifference(one.promise, _place(first), one.field, one.has, other.has)
            if one.promise == "known-media-type":
                return  # a stream and a whole answer have nothing in common
            if one.promise == "not-empty":
                break  # other blocks have another stop reason and other events
    broken = [_broken(view) for view in (first, second)]
    for promise in sorted(set(broken[0]) ^ set(broken[1])):
        words = [found.get(promise, "kept") for found in broken]
        yield GatewayDifference(promise, _place(first), "promise", words[0], words[1])


def _broken(view: ExchangeView) -> dict[str, str]:
    outcomes = run_checks(view, lambda promise: promise not in PER_RUN)
    return {outcome.promise: "broken" for outcome in outcomes if outcome.deviations}


class _Forms:
    """The fields that each gateway was seen to have, by operation, status, and whether the answer is a stream."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], tuple[set[str], set[str]]] = {}
        self._examples: dict[str, SentRequest] = {}

    def see(self, views: list[ExchangeView], request: SentRequest) -> None:
        """Add the fields of two answers, if they are of one kind."""
        places = [_place(view) for view in views]
        if places[0] != places[1]:
            return
        self._examples.setdefault(places[0], request)
        for side, view in enumerate(views):
            for promise, name, has in fields(view):
                self._seen.setdefault((places[0], promise, name), (set(), set()))[side].add(has)

    def differences(self) -> Iterator[tuple[GatewayDifference, SentRequest]]:
        """Yield the fields that only one has, or that have other types. What a missing field contains is left out."""
        missing: set[tuple[str, str]] = set()
        for (place, promise, name), seen in sorted(self._seen.items()):
            first, second = (" or ".join(sorted(each)) or NOTHING for each in seen)
            if seen[0] & seen[1]:
                continue
            if not all(seen):
                inside = any((place, outer) in missing for outer in _outer(name))
                missing.add((place, name))
                if inside:
                    continue
            yield GatewayDifference(promise, place, name, first, second), self._examples[place]


def _outer(name: str) -> Iterator[str]:
    """Yield the fields around a field."""
    for place, letter in enumerate(name):
        if letter in ".[":
            yield name[:place]
            yield f"{name[:place]}[]"
