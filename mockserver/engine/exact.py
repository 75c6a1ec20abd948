"""Exact replay: the bytes that a gateway sent, at the times at which it sent them.

A recorded answer fits a request for the same operation in the same form (whole or streamed). Any other request gets
what the turn means, with a warning: a recording of one wire has no bytes for another.
"""

import msgspec

from mockserver.core.actions import Action, Actions, Close, Data, End, Head, Headers, Reset, Wait
from mockserver.engine.admission import Admission
from mockserver.engine.decision import Decision
from mockserver.scenarios.recorded import AnswerEnd, RecordedAnswer
from mockserver.scenarios.script import CompiledTurn

ENDS: dict[AnswerEnd, Action] = {"complete": End(), "closed": Close(), "reset": Reset(), "no_answer": Close()}


def exactly(play: CompiledTurn, hit: int, admission: Admission, decision: Decision) -> Decision:
    """Return the decision with the recorded bytes of a play of its turn, if it has some that fit the request."""
    if not play.recorded:
        return decision
    answer = play.recorded[min(hit, len(play.recorded)) - 1]
    conversation = admission.call.conversation
    is_stream = conversation is not None and conversation.stream
    if (answer.operation, answer.stream) != (admission.operation.name, is_stream):
        form = "as a stream" if answer.stream else "as a whole"
        warning = f"recorded on {answer.operation} {form}, so this answer has the recorded meaning, not the bytes"
        note = msgspec.structs.replace(decision.note, warnings=(*decision.note.warnings, warning))
        return msgspec.structs.replace(decision, note=note)
    traced = [
        pair
        for action in decision.actions
        if isinstance(action, Head)
        for pair in action.headers
        if pair in admission.trace or pair[0].startswith("x-mock-")
    ]
    note = msgspec.structs.replace(decision.note, idle_faults=())
    return msgspec.structs.replace(decision, actions=recorded_actions(answer, tuple(traced)), note=note, waiting=())


def recorded_actions(answer: RecordedAnswer, headers: Headers) -> Actions:
    """Return an answer as it came, with these headers added."""
    actions: list[Action] = [Wait(answer.first)] if answer.first else []
    if answer.status:
        actions.append(Head(answer.status, (*answer.headers.items(), *headers)))
    now = answer.first
    for piece in answer.pieces:
        if piece.at > now:
            actions.append(Wait(piece.at - now))
            now = piece.at
        actions.append(Data(piece.payload, piece.kind))
    return (*actions, ENDS[answer.ended])
