"""Error answers: the mock's own refusals, and errors that a scenario asks for, in the client's dialect."""

from collections.abc import Mapping
from urllib.parse import quote, unquote

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Headers
from mockserver.core.errors import Failure, Refusal
from mockserver.engine import responses
from mockserver.engine.decision import Decision, Note
from mockserver.engine.recipe import Recipe
from mockserver.engine.request import Request
from mockserver.openapi.operation import HandlerRequest, Operation
from mockserver.scenarios.turn_selection import NoTurnMatched
from mockserver.wires import wire_named, wire_of_path
from mockserver.wires.envelopes import Envelope

SEED_HEADER = "x-mock-seed"

_UNQUOTED = " !#$&'()*+,/:;=?@[]"
"""Characters of a seed that a header carries as they are; the others are percent-encoded."""

LONGEST_SEED = 100


def with_requested_seed(session: Session, headers: Mapping[str, str]) -> Session:
    """Return the session with the seed that the request demands, if any."""
    seed = headers.get(SEED_HEADER)
    return session if seed is None else msgspec.structs.replace(session, seed=unquote(seed)[:LONGEST_SEED])


def refused(
    envelope: Envelope,
    session: Session,
    operation: Operation | None,
    request: Request,
    refusal: Refusal,
    *,
    is_counted: bool,
) -> Decision:
    """Return the mock's own refusal. `is_counted` says whether the session counts the request.

    The message may repeat what the client sent, its own key included; keys are masked.
    """
    masks = keys.masks(request.headers)
    failure = msgspec.structs.replace(refusal.failure, message=keys.hide(refusal.failure.message, masks))
    no_match = refusal if isinstance(refusal, NoTurnMatched) else None
    misses = tuple([keys.hide(miss, masks) for miss in no_match.misses]) if no_match is not None else ()
    seed = no_match.seed if no_match is not None else session.seed
    name = operation.name if operation is not None and is_counted else ""
    recipe = Recipe(failure=failure)
    note = Note(session=session.id, seed=seed, operation=name, code=failure.code, misses=misses)
    headers = (("x-mock-error", failure.code), (SEED_HEADER, quote(seed, safe=_UNQUOTED)))
    identity = (request.method, request.path, keys.key_of(request.headers), request.body, failure.code)
    uncounted = () if is_counted else identity
    if operation is None:
        wire = wire_of_path(request.path)
        return Decision(responses.failed(failure, wire, session, envelope, headers, *uncounted), note, recipe=recipe)
    actions = failed(envelope, session, operation, request.headers, failure, headers, *uncounted)
    return Decision(actions, note, recipe=recipe)


def failed(
    envelope: Envelope,
    session: Session,
    operation: Operation,
    request_headers: Mapping[str, str],
    failure: Failure,
    headers: Headers,
    *uncounted: object,
) -> Actions:
    """Return an error answer: in the form of the operation's own document, else in the client's dialect."""
    wire = wire_named(operation.wire)
    if operation.handler is not None:
        request = HandlerRequest(method=operation.method, headers=request_headers)
        response = operation.handler.failed(failure, request, *handler_seed(session))
        if response is not None:
            trace = responses.trace(session, wire, *uncounted)
            return responses.of_handler(response, (*failure.headers, *trace, *headers))
    return responses.failed(failure, wire, session, envelope, headers, *uncounted)


def handler_seed(session: Session) -> tuple[object, ...]:
    """Return what the generated answers of other documents' operations derive from."""
    return session.seed, session.id, session.requests
