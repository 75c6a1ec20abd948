"""The whole message in one chunk (OpenAI).

Why: gateways whose model does not stream send everything as one chunk: role, text, calls and finish reason.

In a scenario:

    faults: [one_chunk]
"""

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import documents, first_document, is_stream, whole_of
from mockserver.faults.editing import with_document
from mockserver.faults.fault import Context, Fault, NoEffectError, Nothing


def one_chunk(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with the whole message in its first chunk, and then only usage and `[DONE]`."""
    if "choices" not in first_document(actions) or not is_stream(actions):
        raise NoEffectError("only OpenAI streams can be one chunk")
    index, first, body = next(documents(actions))
    choice = whole_of(actions, context.wire)["choices"][0]
    message = choice["message"]
    for number, call in enumerate(message.get("tool_calls") or ()):
        call["index"] = number
    body["choices"] = [{"index": 0, "delta": message, "finish_reason": choice["finish_reason"]}]
    closing = [action for action in actions if isinstance(action, Data) and action.event in ("usage", "done")]
    rest = [action for action in actions[index:] if not isinstance(action, Data)]
    return (*actions[:index], with_document(first, body), *closing, *rest)


FAULT = Fault(
    name="one_chunk",
    group="content",
    doc=__doc__,
    source="measured: openai_whole_in_one_chunk",
    apply=one_chunk,
)
