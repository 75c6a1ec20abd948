"""Thinking in the text, between <think> and </think>.

Why: deepseek-r1 models write their thinking as text, and the gateway that should separate it leaves it there (D1 lists
three such models). A client that does not take it out shows it, and sends it back as something the assistant said.

In a scenario:

    faults: [think_tags]
"""

import orjson

from mockserver.core.actions import Action, Actions, Data
from mockserver.faults.answers import Object, is_event, is_stream, whole_of
from mockserver.faults.deltas import Piece, pieces_of, thinking_of, with_literal
from mockserver.faults.editing import each_document, with_length
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.reasoning import Reasoning, reasoning
from mockserver.wires.wire import Wire

OPENING, CLOSING = "<think>\n", "\n</think>\n\n"


def think_tags(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer with its thinking as text. One that has no thinking gets that of the fault `reasoning`."""
    if not any(context.wire.reader.thinking(whole_of(actions, context.wire))):
        actions = reasoning(actions, Reasoning(), context)
    return _stream(actions, context.wire) if is_stream(actions) else _whole(actions, context.wire)


def _whole(actions: Actions, wire: Wire) -> Actions:
    def change(event: Data, body: Object) -> bool:
        wire.odd.whole_thinking_as_text(body, OPENING, CLOSING)
        return True

    return each_document(actions, change, "the answer has no JSON")


def _stream(actions: Actions, wire: Wire) -> Actions:
    runs = _runs(actions, pieces_of(actions, thinking_of, "the answer has no thinking"))
    changed = list(each_document(actions, lambda event, body: wire.odd.thinking_as_text(body), "the same"))
    for run in runs:
        texts = {piece.place: piece.text for piece in run}
        texts[run[0].place] = OPENING + texts[run[0].place]
        texts[run[-1].place] += CLOSING
        for place, text in texts.items():
            changed[place] = with_literal(changed[place], orjson.dumps(text))
    return with_length(tuple([_renamed(action) for action in changed]))


def _renamed(action: Action) -> Action:
    """Return an event of thinking, where the wire has such a kind, as one of text."""
    return Data(action.payload, "text") if isinstance(action, Data) and action.event == "reasoning" else action


def _runs(actions: Actions, pieces: list[Piece]) -> list[list[Piece]]:
    """Return the pieces in runs: a run ends where the stream says something else."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        last = runs[-1][-1].place if runs else 0
        if not runs or any(map(is_event, actions[last + 1 : piece.place])):
            runs.append([])
        runs[-1].append(piece)
    return runs


FAULT = Fault(
    name="think_tags",
    group="content",
    doc=__doc__,
    source="D1: deepseek-r1; OBS",
    apply=think_tags,
)
