"""Prepared turns: what the answers of one literal turn to one head have in common, made once.

A client sends the same head again and again, and most of its requests play the same turn. Then its answers differ in
their ids, the model, the tokens and the time, and in nothing else. Headers, texts and the parts of ids that stay the
same are kept here, and the objects too: an answer that shares them costs less to make, to keep and to forget.
"""

from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Data, End, Head, Headers, Wait
from mockserver.core.conversation import Usage, tokens
from mockserver.core.rng import Rng, joined, token
from mockserver.engine import pace
from mockserver.engine.decision import Decision, Note
from mockserver.engine.literal import LiteralReply, Values
from mockserver.engine.recipe import Recipe, ReplyRecipe
from mockserver.engine.responses import JSON, STREAM, TURN_HEADER
from mockserver.openapi.operation import Operation
from mockserver.scenarios.script import CompiledTurn, ReplyPlan, Script
from mockserver.wires import WIRES
from mockserver.wires.plain import PlainRequest

_END = End()
_JSON = ("content-type", JSON)
_STREAM: Headers = (("content-type", STREAM), ("cache-control", "no-cache"))


class PreparedTurn:
    """A turn of a script that says the same each time, prepared for one operation and one session."""

    __slots__ = (
        *("_calls", "_every_head", "_operation", "_plan", "_reply_seed", "_request_id", "_request_seed", "_seed"),
        "_steady",
        *("_wire", "id", "literal", "number", "script", "seed", "turn"),
    )

    def __init__(
        self, script: Script, turn: CompiledTurn, literal: LiteralReply, operation: Operation, session: Session
    ) -> None:
        assert isinstance(turn.plan, ReplyPlan), "only a reply has literal blocks"
        self.script, self.turn, self.literal = script, turn, literal
        self.id, self.seed, self.number = session.id, session.seed, turn.number
        self._wire, self._operation, self._plan = WIRES[operation.wire], operation.name, turn.plan
        self._seed = script.seed if script.seed is not None else session.seed
        self._request_seed = joined(session.seed, session.id, "request")
        self._reply_seed = joined(self._seed, session.id, script.name, turn.number)
        self._request_id = self._wire.request_id_header
        self._every_head = (("x-mock-session", session.id), (TURN_HEADER, f"{script.name}/{turn.number}"))
        self._calls = literal.calls
        self._steady = turn.plan.pace.steady if turn.plan.pace is not None else None

    def is_for(self, script: Script, turn: CompiledTurn, session: Session) -> bool:
        """Return whether this is the turn of this script, prepared for this session."""
        return self.turn is turn and self.script is script and self.seed == session.seed and self.id == session.id

    def decision(self, asked: PlainRequest, requests: int, hit: int, now: float) -> Decision:
        """Return the decision on a plain request: the `requests`-th of its session, which plays the turn as `hit`."""
        literal, plan, seed = self.literal, self._plan, self._reply_seed
        id = plan.id or token(seed, hit, "reply")
        prefix = self._wire.tool_id_prefix
        calls = [prefix + token(seed, hit, "tool", place) for place in self._calls] if self._calls else ()
        usage = Usage(max(1, tokens(asked.characters)), literal.output)
        values = literal.values(id, asked.model, int(now), usage, calls)
        request_id = (self._request_id, "req_" + token(self._request_seed, requests))
        actions: Actions
        if asked.stream:
            first, interval = self._steady or (0.0, 0.0)
            frames = literal.frames(plan.pace.chunk if plan.pace is not None else "word", values, interval)
            actions = (Head(200, (*_STREAM, request_id, *self._every_head)), *frames, _END)
            actions = (Wait(first), *actions) if first else actions
        else:
            body = literal.body(values)
            head = (_JSON, ("content-length", str(len(body))), request_id, *self._every_head)
            actions = (Head(200, head), Data(body), _END)
        if plan.pace is not None and plan.pace.takes_time and (self._steady is None or not asked.stream):
            actions = pace.paced(actions, plan.pace, lambda: self._deltas(values), Rng(seed, hit, "pace"))
        note = Note(
            session=self.id,
            seed=self._seed,
            operation=self._operation,
            scenario=self.script.name,
            turn=self.number,
            usage=usage,
        )
        said = literal.said(calls)
        return Decision(actions, note, recipe=Recipe(reply=ReplyRecipe(id=id, blocks=said, pace=plan.pace)))

    def _deltas(self, values: Values) -> int:
        """Return how many deltas the reply has as a stream."""
        assert self._plan.pace is not None, "only a paced answer counts them"
        frames = self.literal.frames(self._plan.pace.chunk, values)
        return sum([isinstance(frame, Data) and frame.event in self._wire.deltas for frame in frames])
