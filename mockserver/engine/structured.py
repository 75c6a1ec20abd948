"""Structured output: the default answer to a client that asks for JSON, and scripted replies in another form.

A scripted reply is sent as it is, since a client must bear broken JSON too. But the mock says so in a note, so that
nobody looks for the mistake in the client. A refusal, a tool call and a reply that was cut are right in every form.
"""

from mockserver.core.conversation import Conversation, Reply, ResponseFormat, joined_text, refusal_text
from mockserver.core.errors import Refusal
from mockserver.core.json_text import parse_json
from mockserver.openapi.sampling.schema import SamplingError, violations
from mockserver.openapi.violations import field_of, violation


def default_json(asked: ResponseFormat, text: str, *seed_parts: object) -> object:
    """Return JSON in the form that the client asks for; `text` is the answer in any object.

    Raises `Refusal` 400 if no value satisfies the schema.
    """
    if asked.schema is None:
        return {"answer": text}
    from mockserver.openapi.sampling.sampler import sample  # only answers with a schema need it

    try:
        return sample(asked.schema, *seed_parts)
    except SamplingError as error:
        message = f"{asked.param}: no answer satisfies the schema: {error}"
        raise Refusal(400, "invalid_request", message, param=asked.param) from None


def form_warnings(reply: Reply, conversation: Conversation) -> tuple[str, ...]:
    """Return a warning if a scripted reply is not in the form that the client asks for."""
    asked = conversation.response_format
    if asked is None or reply.stop != "end_turn" or refusal_text(reply.blocks):
        return ()
    try:
        value = parse_json(joined_text(reply.blocks))
    except ValueError:
        return (f"the scenario's reply is not JSON, but the client asks for {asked.kind}",)
    if asked.schema is None:
        is_object = isinstance(value, dict)
        return () if is_object else ("the scenario's reply is not a JSON object, but the client asks for json_object",)
    error = next(violations(asked.schema, value), None)
    if error is None:
        return ()
    return (f"the scenario's reply breaks the schema that the client asks for: {field_of(error)}: {violation(error)}",)
