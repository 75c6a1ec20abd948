"""Prepared failures: the error of a turn that always gives the same one, prepared as a reply is (`prepared_turn`).

Its answers differ in their request ids, which stand in a header and, in most envelopes, in the body.
"""

from mockserver.accounts.session import Session
from mockserver.core.actions import Data, End, Head, Headers
from mockserver.core.errors import Failure
from mockserver.core.rng import NumberedTokens
from mockserver.engine.decision import Decision
from mockserver.engine.prepared_turn import PreparedAnswer, turn_note
from mockserver.engine.recipe import Recipe
from mockserver.engine.responses import JSON, TURN_HEADER
from mockserver.openapi.operation import Operation
from mockserver.scenarios.script import CompiledTurn, Script
from mockserver.wires import WIRES
from mockserver.wires.envelopes import Envelope, render
from mockserver.wires.plain import PlainRequest

_END = End()
_NO_VALUES = (b"", b"", 0, 0, 0)
_MARK = "\ue000request id\ue000"
"""A mark that no text of an error has."""


class PreparedFailure:
    """A turn that gives the same error each time."""

    __slots__ = (
        "_after_id",
        "_before_id",
        "_body",
        "_envelope",
        "_note",
        "_recipe",
        "_request_id",
        "_request_id_name",
        "_seed",
        "code",
        "formats",
        "operation",
        "output",
        "pauses",
        "session",
        "status",
        "weights",
    )

    def __init__(
        self,
        script: Script,
        turn: CompiledTurn,
        failure: Failure,
        operation: Operation,
        session: Session,
        envelope: Envelope,
    ) -> None:
        wire = WIRES[operation.wire]
        self.session, self._seed, self._envelope, self.operation = session.id, session.seed, envelope, operation.name
        self.status, self.output, self.code, self.pauses = failure.status, 0, failure.code, False
        self.formats: dict[bool, bytes] = {}
        self.weights: dict[bool, int] = {}
        self._note = turn_note(script, turn, session, operation, failure.code)
        self._recipe = Recipe(failure=failure)
        self._request_id = NumberedTokens((session.seed, session.id, "request"))
        self._body = render(failure, wire, _MARK, envelope).split(_MARK.encode())
        self._before_id, self._request_id_name = failure.headers, wire.request_id_header
        self._after_id = (("x-mock-session", session.id), (TURN_HEADER, f"{script.name}/{turn.number}"))

    def is_for(self, session: Session, envelope: Envelope) -> bool:
        """Return whether the turn is prepared for this session, and for errors of this form."""
        return self.session == session.id and self._seed == session.seed and self._envelope == envelope

    def answer(self, asked: PlainRequest, requests: int, hit: int, now: float) -> PreparedAnswer:
        """Return the answer to the `requests`-th request of the session."""
        return PreparedAnswer(self, _NO_VALUES, "req_" + self._request_id.of(requests), False, hit)

    def head(self, request_id: str, length: str | None) -> Headers:
        """Return the headers of an answer."""
        assert length is not None, "an error is no stream"
        id = (self._request_id_name, request_id)
        return (("content-type", JSON), ("content-length", length), *self._before_id, id, *self._after_id)

    def body(self, answer: PreparedAnswer) -> tuple[bytes, int]:
        """Return the body of an answer, which is one piece."""
        return answer.request_id.encode().join(self._body), 1

    def usage(self, answer: PreparedAnswer) -> None:
        """Return None: an error reports no tokens."""
        return

    def decision(self, answer: PreparedAnswer) -> Decision:
        """Return the decision that an answer stands for."""
        body, _ = self.body(answer)
        head = Head(self.status, self.head(answer.request_id, str(len(body))))
        return Decision((head, Data(body), _END), self._note, recipe=self._recipe)
