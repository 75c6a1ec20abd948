"""Requests that are no operation of the contract, and that a scenario answers all the same.

A client may call more than the documents name, at its start above all. A turn with `when: {path: …}` and a `response`
or an `error` answers such a request. Without such a turn the request is refused as ever: 404, or 405 where only the
method is unknown.
"""

from contextlib import suppress

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.session import Session
from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Failure, Refusal
from mockserver.core.json_text import json_or_none
from mockserver.engine import overrides
from mockserver.engine.arrival import Arrival
from mockserver.engine.request import Request, read_call
from mockserver.engine.settings import EngineParts
from mockserver.openapi.operation import HandlerRequest, HandlerResponse, Operation
from mockserver.scenarios.matcher import matches
from mockserver.scenarios.turn_selection import handles_operation

NAME = "no operation"
"""The name of the operation of such a request, here and in the journal."""


class UnroutedHandler:
    """The default behaviour of such a request: its key is judged, its body is read, and its answer is the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal

    def admit(self, request: HandlerRequest) -> None:
        """Check the credentials. Raises `Refusal` 401."""
        keys.refuse_foreign(request.headers)

    def read(self, request: HandlerRequest) -> JsonObject:
        """Return the body if it is a JSON object, else {}."""
        body = json_or_none(request.body)
        return body if isinstance(body, dict) else {}

    def answer(self, request: HandlerRequest, *seed: object) -> HandlerResponse:
        """Raise the refusal: no turn is left that answers."""
        raise self._refusal

    def failed(self, failure: Failure, request: HandlerRequest, *seed: object) -> None:
        """Return None: no document gives errors here a form."""


def operation_of(request: Request, refusal: Refusal) -> Operation:
    """Return the operation of a request that the contract refuses."""
    return Operation(
        id=NAME,
        name=NAME,
        method=request.method,
        path=request.path,
        wire="json",
        variant="plain",
        invalid_status=400,
        schemes=(),
        key_optional=True,
        max_tokens=None,
        statuses=(),
        example=None,
        handler=UnroutedHandler(refusal),
    )


def adopt(engine: EngineParts, arrival: Arrival, session: Session) -> None:
    """Give a request without an operation to the scenario, if a turn or a queued response answers it."""
    if arrival.head.refusal is None or arrival.operation is not None:
        return
    operation = operation_of(arrival.request, arrival.head.refusal)
    with suppress(Refusal):
        call = read_call(operation, arrival.request)
        script = overrides.choose_script(call, session, engine.scripts, engine.settings.scenario)
        turns = script.turns if script is not None else ()
        if script is not None:
            call = msgspec.structs.replace(call, state=session.progress_of(script.name, script.edition).state)
        if any(handles_operation(turn, call) and matches(turn.matchers, call) for turn in turns) or any(
            overrides.matching(session, call, engine.contract)
        ):
            arrival.operation = operation
