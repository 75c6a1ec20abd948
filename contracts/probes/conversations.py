"""Probes with generated conversations: each is answered, and what must not matter changes nothing.

A rule sends a conversation, most of them a second time in another way, and compares. The first conversation that
deviates is made smaller, until the smallest that still deviates is left; only that one is reported.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TypeAlias

from mockserver.contracts.client import Body, Client, NotExaminable, NotOffered
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.generated_conversations import (
    NOTHING,
    TYPICAL,
    ConversationFinding,
    ConversationPlan,
    SmallestSearch,
    conversation,
    plans,
)
from mockserver.contracts.probe import ProbeCase, probe
from mockserver.contracts.probes.conversation import choice, tool
from mockserver.contracts.reply import read_reply

EXAMPLES = 6
"""Conversations for each rule and operation in a thorough run."""

FEW = 3
"""Conversations for each rule and operation in a quick run. A gateway that charges gets one, on one operation."""

SMALL_READS = 16
"""Bytes that a slow reader takes at a time."""

UNUSED = "unused_tool"


class Questioner:
    """Sends conversations to one operation, unseen by the checks until it is known which of them are reported."""

    def __init__(self, client: Client, operation: OperationSpec) -> None:
        self.client = client
        self.operation = operation
        self.asked: list[CheckedExchange] = []

    def ask(self, body: Body) -> CheckedExchange:
        """Send a conversation."""
        return self._keep(self.client.post(self.operation, body, checked=False))

    def again(self, before: CheckedExchange, *, pieces: int = 1, **changes: object) -> CheckedExchange:
        """Send a request again, with changes to it."""
        request = replace(before.request, **changes)  # type: ignore[arg-type]  # the caller names fields of a request
        return self._keep(self.client.send(request, pieces=pieces, checked=False))

    def _keep(self, exchange: CheckedExchange) -> CheckedExchange:
        self.asked.append(exchange)
        return exchange


Rule: TypeAlias = Callable[[Questioner, Body], ConversationFinding | None]


def is_answered(questioner: Questioner, body: Body) -> ConversationFinding | None:
    """Find a conversation that is not answered 200 with a body of the contract."""
    exchange = questioner.ask(body)
    response = exchange.response
    if response.status != 200:
        return ConversationFinding(f"status {response.status or 'none'}, expected 200", exchange)
    spec = questioner.operation.response(200)
    schema = spec.content.get(response.media) if spec else None
    problems = schema.problems(response.json) if schema and not response.is_stream else []
    return ConversationFinding(f"the answer does not match its schema: {problems[0]}", exchange) if problems else None


def is_repeatable(questioner: Questioner, body: Body) -> ConversationFinding | None:
    """Find a conversation that is answered otherwise the second time."""
    first = questioner.ask(body)
    return _difference(questioner, first, questioner.again(first), "again")


def is_indifferent_to_tools(questioner: Questioner, body: Body) -> ConversationFinding | None:
    """Find a conversation that is answered otherwise if it offers one more tool, which comes first."""
    operation = questioner.operation
    own = [each for each in body.get("tools") or [] if UNUSED not in str(each)]
    forced = {"tool_choice": body.get("tool_choice", choice(operation, "none"))}
    first = questioner.ask({name: value for name, value in body.items() if name != "tools"} | _offer(own, body))
    second = questioner.ask(body | forced | {"tools": [tool(operation, UNUSED, NOTHING), *own]})
    return _difference(questioner, first, second, "with one more tool", grows=True)


def _offer(own: list[Body], body: Body) -> Body:
    """Return the field of a conversation's own tools, if it had one before the further tool came."""
    return {"tools": own} if own or body.get("tools") == [] else {}


def is_indifferent_to_order(questioner: Questioner, body: Body) -> ConversationFinding | None:
    """Find a conversation that is answered otherwise if its headers come in the reverse order."""
    first = questioner.ask(body)
    headers = dict(reversed(list(first.request.headers.items())))
    return _difference(questioner, first, questioner.again(first, headers=headers), "with its headers reversed")


def is_indifferent_to_pieces(questioner: Questioner, body: Body) -> ConversationFinding | None:
    """Find a conversation that is streamed otherwise if it is sent in pieces and read slowly."""
    first = questioner.ask(body | {"stream": True})
    second = questioner.again(first, pieces=3, reads=SMALL_READS)
    if second.response.status == 411:  # a gateway may ask for a length
        return None
    return _difference(questioner, first, second, "in small pieces")


RULES: Mapping[str, Rule] = {
    "conversation-answered": is_answered,
    "repeat-changes-nothing": is_repeatable,
    "unused-tool-harmless": is_indifferent_to_tools,
    "header-order-harmless": is_indifferent_to_order,
    "pieces-harmless": is_indifferent_to_pieces,
}
"""Promise -> what finds a conversation that breaks it."""

CHEAP = ("conversation-answered",)
"""The rules that a gateway that charges is held to: its budget has room for one."""


def _difference(
    questioner: Questioner, first: CheckedExchange, second: CheckedExchange, how: str, *, grows: bool = False
) -> ConversationFinding | None:
    """Return the first difference between two answers that must be alike. With `grows` the input may be longer."""
    one, other = _traits(questioner, first), _traits(questioner, second)
    for what in one:
        was, became = one[what], other[what]
        alike = was == became or None in (was, became)
        if what == "input tokens" and grows and isinstance(was, int) and isinstance(became, int):
            alike = was <= became
        if not alike:
            return ConversationFinding(f"{what}: {was!r}, {how} {became!r}", second)
    return None


def _traits(questioner: Questioner, exchange: CheckedExchange) -> dict[str, object]:
    """Return what must be alike. None stands for what an answer does not show.

    No wire promises that a model answers twice in the same way, so of any gateway the kind of answer is free.
    """
    response = exchange.response
    traits: dict[str, object] = {"status": response.status, "content type": response.media, "ended": response.ended}
    reply = read_reply(questioner.operation.wire, response)
    if reply is None:
        return traits | {"kind of answer": None, "input tokens": None}
    called = ", ".join(sorted({call.name for call in reply.calls}))
    is_free = reply.ended == "length" or questioner.operation.is_any_gateways
    kind = None if is_free else f"calls {called}" if called else "text"
    return traits | {"kind of answer": kind, "input tokens": reply.input}


def _examine(promise: str, rule: Rule, client: Client) -> None:
    """Look for a conversation that breaks a promise, on each operation."""
    if find_spec("hypothesis") is None:
        raise NotExaminable("hypothesis is not installed: pip install 'ainative-mockserver[gate]'")
    target = client.target
    examples = EXAMPLES if target.thorough else FEW
    for operation in client.conversations("messages", "chat")[: 1 if target.paid else None]:
        has_tools = _takes_tools(client, operation)
        if not has_tools and rule is is_indifferent_to_tools:
            raise NotOffered(f"{operation.path} does not take tools")
        search: SmallestSearch[ConversationPlan] = SmallestSearch(partial(_try, client, operation, rule))
        if target.paid:
            search.try_one(TYPICAL if has_tools else ConversationPlan())
        else:
            search.run(plans(tools=has_tools), seed=target.seed, examples=examples)
        if search.smallest is not None:
            client.record(search.smallest.exchange)
            client.check(promise, False, search.smallest.got, search.smallest.exchange)
        if search.trouble is not None:
            raise search.trouble
        if search.smallest is None:
            client.check(promise, True, "")


def _takes_tools(client: Client, operation: OperationSpec) -> bool:
    """Return whether an offer of a tool is accepted."""
    offered = {"tools": [tool(operation, UNUSED, NOTHING)], "tool_choice": choice(operation, "none")}
    return client.post(operation, client.body(operation, **offered)).response.status == 200


def _try(client: Client, operation: OperationSpec, rule: Rule, plan: ConversationPlan) -> ConversationFinding | None:
    """Ask a generated conversation, unless the contract in force does not allow it."""
    body = conversation(client, operation, plan)
    if operation.request is not None and operation.request.problems(body):
        return None
    questioner = Questioner(client, operation)
    finding = rule(questioner, body)
    for exchange in questioner.asked if finding is None else ():
        client.record(exchange)
    return finding


def _case(promise: str, rule: Rule) -> ProbeCase:
    play = partial(_examine, promise, rule)
    play.__name__ = promise.replace("-", "_")  # type: ignore[attr-defined]  # a partial takes any attribute
    return probe(promise, profiles=["smoke", *(["paid"] if promise in CHEAP else []), "full"])(play)


PROBES = tuple(_case(promise, rule) for promise, rule in RULES.items())
