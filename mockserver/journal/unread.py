"""Unread exchanges: what the journal keeps of a prepared answer until somebody reads it.

Theory. A server under load enters tens of thousands of exchanges in a second, and hardly any of them is ever read. The
answer of a prepared turn follows from its turn and the few things that differ (`engine.prepared_turn`); so does all
that the journal says of it. So one flat record takes the place of the body, the actions, the note and the recipe.
`read` makes the `Exchange` that would have been entered, the same field by field and of the same weight;
`tests/journal/test_unread.py` compares both.

No secret is in a record: an answer in which a key of the caller might stand is written out and redacted at once
(`redact.unmasked`).
"""

import msgspec

from mockserver.accounts.session import Timeline
from mockserver.engine.prepared_turn import PreparedAnswer, PreparedTurn
from mockserver.engine.request import Request
from mockserver.journal.log import Balance, Captured, Exchange, Journal, KeptHeaders, Outcome, weight_of
from mockserver.journal.redact import unmasked
from mockserver.wires.plain import PlainRequest


class UnreadExchange(msgspec.Struct, gc=False):
    """A request whose answer was prepared and delivered in one write. The fields are those of `Exchange`.

    `headers` are the request's without its secrets; `known` is the exchange once it was read.
    """

    number: int
    weight: int
    clock: Timeline
    received_at: float
    ended_at: float
    method: str
    path: str
    headers: KeptHeaders
    body: bytes
    answer: PreparedAnswer
    outcome: Outcome
    live: int
    credits: Balance | None
    known: Exchange | None = None

    @property
    def at(self) -> float:
        """The session's time of the request."""
        return self.clock.at(self.received_at)

    @property
    def session(self) -> str:
        """The session of the request."""
        return self.answer.turn.session

    def read(self) -> Exchange:
        """Return the exchange. Two threads that read it for the first time may get two equal ones."""
        if self.known is not None:
            return self.known
        decision = self.answer.decision()
        captured = Captured(
            headers=self.headers,
            actions=decision.actions,
            received_at=self.received_at,
            ended_at=self.ended_at,
            virtual=self.clock.is_virtual,
            credits=self.credits,
            live=self.live,
            recipe=decision.recipe,
        )
        self.known = Exchange(
            self.number,
            self.at,
            self.headers.client,
            self.method,
            self.path,
            self.body,
            decision.note,
            self.outcome,
            captured,
        )
        return self.known


def enter(
    journal: Journal,
    request: Request,
    answer: PreparedAnswer,
    outcome: Outcome,
    clock: Timeline,
    received_at: float,
    ended_at: float,
    live: int,
    credits: Balance | None,
) -> bool:
    """Enter a request and the answer that was delivered. Return False if a key may have to be masked in the answer."""
    headers = unmasked(request)
    if headers is None:
        return False
    turn, body, path = answer.turn, request.body, request.path
    weight = turn.weights.get(answer.is_stream) or _answer_weight(turn, answer.is_stream)
    weight += headers.weight + len(path) + len(body) + outcome.bytes
    entry = UnreadExchange(
        journal.entered + 1,
        weight,
        clock,
        received_at,
        ended_at,
        request.method,
        path,
        headers,
        body,
        answer,
        outcome,
        live,
        credits,
    )
    journal.enter_unread(entry, turn.operation, outcome, turn.usage(answer), turn.code)
    return True


def _answer_weight(turn: PreparedTurn, is_stream: bool) -> int:
    """Return the weight of an exchange with an answer of this turn, without its bodies and what the client sent."""
    decision = turn.answer(PlainRequest("", is_stream, None, 0), 1, 1, 0.0).decision()
    captured = Captured(headers=KeptHeaders({}), actions=decision.actions, recipe=decision.recipe)
    outcome = Outcome(turn.status, 1, 0, 0.0, "complete", 1, ((1, 0, 0.0),))
    weight = weight_of(Exchange(1, 0.0, "", "", "", b"", decision.note, outcome, captured))
    turn.weights[is_stream] = weight
    return weight
