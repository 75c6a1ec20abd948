"""Prepared turns: what the answers of one literal turn to one head have in common, made once.

A client sends the same head again and again, and most of its requests play the same turn. Then its answers differ in
their ids, the model, the tokens and the time, and in nothing else. Headers, texts and the parts of ids that stay the
same are kept here, and the objects too: an answer that shares them costs less to make, to keep and to forget.

A `PreparedAnswer` has what differs, and no more. `decision` writes it out: for stages that change an answer, for
outlets that play it action by action, for people who read it. The express lane and the journal do without.
"""

from functools import lru_cache
from typing import Protocol

import msgspec
import orjson

from mockserver.accounts.billing import Receipt
from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Data, End, Head, Headers, Wait
from mockserver.core.conversation import Usage, tokens
from mockserver.core.rng import NumberedTokens, Rng, joined
from mockserver.engine import pace
from mockserver.engine.decision import Decision, Note
from mockserver.engine.literal import LiteralReply, Values
from mockserver.engine.recipe import Recipe, ReplyRecipe
from mockserver.engine.responses import JSON, STREAM, TURN_HEADER
from mockserver.openapi.operation import Operation
from mockserver.scenarios.script import CompiledTurn, ReplyPlan, Script
from mockserver.wires import WIRES
from mockserver.wires.chunks import Chunk
from mockserver.wires.envelopes import Envelope
from mockserver.wires.plain import PlainRequest

_END = End()
_JSON = ("content-type", JSON)
_STREAM: Headers = (("content-type", STREAM), ("cache-control", "no-cache"))


@lru_cache(maxsize=1_024)
def _json(model: str) -> bytes:
    """Return the name of a model as JSON. Answers are kept, so those of one model share it."""
    return orjson.dumps(model)


class PreparedTurn(Protocol):
    """A turn that says the same each time, prepared for one operation and one session.

    It is kept as long as one of its answers, so it must not refer to its script. `pauses` says whether its answers wait
    for something; `output` are the tokens of each, `code` is that of an error. The lane keeps its `formats` here, and
    the journal its `weights`, for whole answers (False) and streams (True): a cache of their own would keep the turn.
    """

    session: str
    operation: str
    status: int
    output: int
    code: str
    pauses: bool
    formats: dict[bool, bytes]
    weights: dict[bool, int]

    def is_for(self, session: Session, envelope: Envelope) -> bool:
        """Return whether the turn is prepared for this session, and for errors of this form."""
        ...

    def answer(self, asked: PlainRequest, requests: int, hit: int, now: float) -> "PreparedAnswer":
        """Return the answer to a plain request: the `requests`-th of its session, which plays the turn as `hit`."""
        ...

    def head(self, request_id: str, length: str | None) -> Headers:
        """Return the headers of an answer; a stream has no length."""
        ...

    def body(self, answer: "PreparedAnswer") -> tuple[bytes, int]:
        """Return the body of an answer without waits, and of how many pieces it consists."""
        ...

    def usage(self, answer: "PreparedAnswer") -> Usage | None:
        """Return the tokens that an answer reports; an error reports none."""
        ...

    def decision(self, answer: "PreparedAnswer") -> Decision:
        """Return the decision that an answer stands for."""
        ...


class PreparedAnswer(msgspec.Struct, frozen=True, gc=False):
    """An answer of a prepared turn: what differs from its other answers. `hit` counts the plays of the turn.

    `values` fill the form of a reply; an error has none. `receipt` says what a whole answer cost, if an account pays.
    """

    turn: PreparedTurn
    values: Values
    request_id: str
    is_stream: bool
    hit: int
    receipt: Receipt | None = None

    def decision(self) -> Decision:
        """Return the answer as actions, with its note and its recipe."""
        return self.turn.decision(self)


def turn_note(script: Script, turn: CompiledTurn, session: Session, operation: Operation, code: str = "") -> Note:
    """Return the note of each answer of a turn, without tokens. `code` is that of an error."""
    seed = script.seed if script.seed is not None else session.seed
    return Note(
        session=session.id, seed=seed, operation=operation.name, scenario=script.name, turn=turn.number, code=code
    )


class PreparedReply:
    """A turn that gives the same reply each time."""

    __slots__ = (
        "_call_ids",
        "_chunk",
        "_every_head",
        "_note",
        "_plan",
        "_reply_id",
        "_reply_seed",
        "_request_id",
        "_request_id_name",
        "_seed",
        "_steady",
        "_wire",
        "code",
        "formats",
        "literal",
        "operation",
        "output",
        "pauses",
        "session",
        "status",
        "weights",
    )

    def __init__(
        self, script: Script, turn: CompiledTurn, literal: LiteralReply, operation: Operation, session: Session
    ) -> None:
        assert isinstance(turn.plan, ReplyPlan), "only a reply has literal blocks"
        self.literal, self.session, self._seed, self.operation = literal, session.id, session.seed, operation.name
        self.status, self.output, self.code = 200, literal.output, ""
        self._wire, self._plan = WIRES[operation.wire], turn.plan
        self.formats: dict[bool, bytes] = {}
        self.weights: dict[bool, int] = {}
        self._note = turn_note(script, turn, session, operation)
        self._reply_seed = joined(self._note.seed, session.id, script.name, turn.number)
        self._reply_id = NumberedTokens((self._reply_seed,), ("reply",))
        self._call_ids = [NumberedTokens((self._reply_seed,), ("tool", place)) for place in literal.calls]
        self._request_id = NumberedTokens((session.seed, session.id, "request"))
        self._request_id_name = self._wire.request_id_header
        self._every_head = (("x-mock-session", session.id), (TURN_HEADER, f"{script.name}/{turn.number}"))
        self._chunk: Chunk = turn.plan.pace.chunk if turn.plan.pace is not None else "word"
        self._steady = turn.plan.pace.steady if turn.plan.pace is not None else None
        self.pauses = turn.plan.pace is not None and turn.plan.pace.takes_time

    def is_for(self, session: Session, envelope: Envelope) -> bool:
        """Return whether the turn is prepared for this session; a reply has no envelope."""
        return self.session == session.id and self._seed == session.seed

    def answer(self, asked: PlainRequest, requests: int, hit: int, now: float) -> PreparedAnswer:
        """Return the answer to a plain request: the `requests`-th of its session, which plays the turn as `hit`."""
        id, calls, prefix = self._plan.id or self._reply_id.of(hit), self._call_ids, self._wire.tool_id_prefix
        ids = [prefix + call.of(hit) for call in calls] if calls else ()
        values = self.literal.values(id, _json(asked.model), int(now), max(1, tokens(asked.characters)), ids)
        return PreparedAnswer(self, values, "req_" + self._request_id.of(requests), asked.stream, hit)

    def head(self, request_id: str, length: str | None) -> Headers:
        """Return the headers of an answer; a stream has no length."""
        id = (self._request_id_name, request_id)
        if length is None:
            return (*_STREAM, id, *self._every_head)
        return (_JSON, ("content-length", length), id, *self._every_head)

    def decision(self, answer: PreparedAnswer) -> Decision:
        """Return the decision that an answer stands for."""
        literal, plan, values, hit = self.literal, self._plan, answer.values, answer.hit
        actions: Actions
        if answer.is_stream:
            first, interval = self._steady or (0.0, 0.0)
            frames = literal.frames(self._chunk, values, interval)
            actions = (Head(200, self.head(answer.request_id, None)), *frames, _END)
            actions = (Wait(first), *actions) if first else actions
        else:
            body = literal.body(values)
            actions = (Head(200, self.head(answer.request_id, str(len(body)))), Data(body), _END)
        if plan.pace is not None and self.pauses and (self._steady is None or not answer.is_stream):
            actions = pace.paced(actions, plan.pace, lambda: self._deltas(values), Rng(self._reply_seed, hit, "pace"))
        note = msgspec.structs.replace(self._note, usage=self.usage(answer))
        recipe = ReplyRecipe(id=values[0].decode(), blocks=literal.said(values), pace=plan.pace)
        return Decision(actions, note, answer.receipt, recipe=Recipe(reply=recipe))

    def body(self, answer: PreparedAnswer) -> tuple[bytes, int]:
        """Return the body of an answer without waits, and of how many pieces it consists."""
        form, pieces = self.literal.stream(self._chunk) if answer.is_stream else (self.literal.form, 1)
        return form.fill(answer.values), pieces

    def usage(self, answer: PreparedAnswer) -> Usage:
        """Return the tokens that an answer reports."""
        return Usage(answer.values[3], self.output)

    def _deltas(self, values: Values) -> int:
        """Return how many deltas the reply has as a stream."""
        frames = self.literal.frames(self._chunk, values)
        return sum([isinstance(frame, Data) and frame.event in self._wire.deltas for frame in frames])
