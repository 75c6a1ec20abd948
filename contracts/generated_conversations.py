"""Whole conversations that hypothesis generates, for either wire, and the search for the smallest that deviates.

A plan says what a conversation is made of; it becomes a body only for an operation. So one strategy serves every wire,
and hypothesis makes a plan smaller without knowing what a message is. Plans keep to what the wires' published rules
allow: text is never blank, each result follows its call, every tool that was called is offered, and five results are
the most, because D4 ends the sixth round.
"""

import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from mockserver.contracts.client import Body, Client
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.probes.conversation import WEATHER, choice, tool

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LONG_HISTORY = 100
"""Exchanges of a question and an answer in a long history: two hundred messages."""

LARGE_OFFER = 120
"""Further tools in a large offer. The OpenAI wire's published limit is 128."""

MOST_ATTEMPTS = 60
"""Conversations that are tried after the first that deviates, to find a smaller one."""

CALLED = "get_weather"
ARGUMENTS: Body = {"city": "Oslo", "unit": "celsius"}
NOTHING: Body = {"type": "object", "properties": {}}

Offer: TypeAlias = Literal["nothing", "an empty list", "none", "forced"]
"""What is offered to the model: nothing, no tool, tools that it may not call, or tools of which it must call one."""


@dataclass(frozen=True)
class ConversationPlan:
    """What a conversation is made of. `rounds` has the number of parallel calls of each round."""

    system: str = ""
    history: int = 0
    text: str = "Go on."
    rounds: tuple[int, ...] = ()
    offer: Offer = "nothing"
    further: int = 0

    @property
    def has_tools(self) -> bool:
        """Whether the conversation calls or offers a tool."""
        return bool(self.rounds) or self.offer in ("none", "forced")


def plans(*, tools: bool) -> "SearchStrategy[ConversationPlan]":
    """Return the strategy of plans, with or without tools."""
    from hypothesis import strategies as st

    unusual = st.text(st.characters(codec="utf-8"), max_size=12)
    text = st.builds("{}{}".format, st.sampled_from(("Go on.", "Weiter: ", "続けて ", "تابع ")), unusual)
    offers: list[Offer] = ["nothing", "an empty list", "none", "forced"]
    return st.builds(
        ConversationPlan,
        system=st.one_of(st.just(""), text),
        history=st.sampled_from((0, 1, LONG_HISTORY)),
        text=text,
        rounds=st.sampled_from(((), (1,), (2,), (1, 1), (4,), (2, 3))) if tools else st.just(()),
        offer=st.sampled_from(offers if tools else offers[:1]),
        further=st.sampled_from((0, 1, LARGE_OFFER)),
    )


def conversation(client: Client, operation: OperationSpec, plan: ConversationPlan) -> Body:
    """Return a plan as a body in the form of the operation's wire."""
    is_anthropic = operation.wire == "anthropic"
    messages = list(_messages(operation, plan))
    fields: Body = {}
    if plan.system and is_anthropic:
        fields["system"] = plan.system
    elif plan.system:
        messages.insert(0, {"role": "system", "content": plan.system})
    if plan.has_tools:
        names = [CALLED, *(f"further_tool_{number}" for number in range(plan.further))]
        fields["tools"] = [tool(operation, name, WEATHER if name == CALLED else NOTHING) for name in reversed(names)]
        is_forced = plan.offer == "forced"
        fields["tool_choice"] = choice(operation, "", CALLED) if is_forced else choice(operation, "none")
    elif plan.offer == "an empty list" and is_anthropic:  # the OpenAI wire's own service refuses an empty list
        fields["tools"] = []
    return client.body(operation, messages=messages, **fields)


def _messages(operation: OperationSpec, plan: ConversationPlan) -> Iterator[Body]:
    for number in range(plan.history):
        yield {"role": "user", "content": f"Question {number}."}
        yield {"role": "assistant", "content": f"Answer {number}."}
    yield {"role": "user", "content": plan.text}
    numbers = itertools.count()
    for calls in plan.rounds:
        ids = [f"call_gate_{next(numbers)}" for _ in range(calls)]
        yield from _round(operation, ids)


def _round(operation: OperationSpec, ids: list[str]) -> Iterator[Body]:
    """Yield the calls of a round, which are parallel, and their results."""
    if operation.wire == "anthropic":
        uses = [{"type": "tool_use", "id": id, "name": CALLED, "input": ARGUMENTS} for id in ids]
        yield {"role": "assistant", "content": uses}
        results = [{"type": "tool_result", "tool_use_id": id, "content": "4 degrees"} for id in ids]
        yield {"role": "user", "content": results}
        return
    function = {"name": CALLED, "arguments": '{"city": "Oslo", "unit": "celsius"}'}
    yield {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": id, "type": "function", "function": function} for id in ids],
    }
    for id in ids:
        yield {"role": "tool", "tool_call_id": id, "content": "4 degrees"}


@dataclass(frozen=True)
class ConversationFinding:
    """A conversation that deviates: what was seen, and the exchange that shows it."""

    got: str
    exchange: CheckedExchange

    @property
    def size(self) -> int:
        """The bytes of its body."""
        return len(self.exchange.request.body or b"")


TYPICAL = ConversationPlan(system="Be brief.", history=1, rounds=(2,), offer="none")
"""The one conversation for a gateway that charges."""

Item = TypeVar("Item")


class SmallestSearch(Generic[Item]):
    """Looks for the smallest value that deviates, with a bounded number of attempts.

    `trouble` is the exception that ended the search early, such as the end of the run; raise it after reporting.
    """

    def __init__(self, deviation_of: Callable[[Item], ConversationFinding | None]) -> None:
        self._deviation_of = deviation_of
        self._since_first = 0
        self._found: list[ConversationFinding] = []
        self.trouble: Exception | None = None

    @property
    def smallest(self) -> ConversationFinding | None:
        """The smallest finding, or None. A target that answers at random may deviate only once."""
        return min(self._found, key=lambda finding: finding.size, default=None)

    def try_one(self, value: Item) -> None:
        """Try one value, and nothing smaller."""
        with suppress(AssertionError):
            self._attempt(value)

    def run(self, strategy: "SearchStrategy[Item]", *, seed: int, examples: int) -> None:
        """Try some values of a strategy; after the first that deviates, smaller ones."""
        from hypothesis import HealthCheck, Phase, Verbosity, given, settings
        from hypothesis import seed as seeded

        logging.getLogger("hypothesis").setLevel(logging.ERROR)
        quick = settings(
            max_examples=examples,
            phases=[Phase.generate, Phase.shrink],
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )

        try:
            seeded(seed)(quick(given(strategy)(lambda value: self._attempt(value))))()
        except Exception:  # hypothesis raises the deviation, or that a target answers at random
            if not self._found:
                raise

    def _attempt(self, value: Item) -> None:
        if self.trouble or self._since_first > MOST_ATTEMPTS:
            return
        self._since_first += bool(self._found)
        try:
            finding = self._deviation_of(value)
        except Exception as error:  # the run ends, or its budget: no smaller value would help
            self.trouble = error
            return
        if finding is not None:
            self._found.append(finding)
            raise AssertionError(finding.got)
