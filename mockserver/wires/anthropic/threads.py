"""Threads on the Anthropic wire: the beta `message-threads-2026-08-12`.

Source: the official SDKs, whose tool runner sends `thread` (anthropic 2.14, `lib/threads`); no document names it. A
thread keeps `system` and `tools` of the request that created it, and a request that continues it may not repeat them.
"""

from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Refusal
from mockserver.wires.anthropic.cache_control import without_control
from mockserver.wires.json_values import mapping, objects, string
from mockserver.wires.threads import Kept, ThreadRequest, ThreadStyle, thread_refusal
from mockserver.wires.wire import Object

CREATE_ONLY = ("system", "tools")


def requested(body: JsonObject) -> ThreadRequest | None:
    """Return what a body says of its thread, or None."""
    if "thread" not in body:
        return None
    thread = mapping(body["thread"])
    if thread.get("type") == "continue":
        return ThreadRequest(string(thread.get("previous_message_id")))
    return ThreadRequest(None) if thread else None


def continued(body: JsonObject, kept: Kept) -> Object:
    """Return the body with the messages and fields of its thread.

    Raises `Refusal` 404 for a thread that is not kept, and 400 for a field repeated.
    """
    [thread] = kept.values() or [None]
    if thread is None:
        raise thread_refusal("thread_not_found")
    for name in CREATE_ONLY:
        if name in body:
            message = f"{name}: a thread keeps the one it was created with. Leave it out, or create a new thread."
            raise Refusal(400, "invalid_request", message, param=name)
    return {**body, **thread, "messages": [*objects(thread.get("messages")), *objects(body.get("messages"))]}


def kept(body: JsonObject, answer: JsonObject) -> Object:
    """Return the fields that the thread keeps, and its messages with the answer as the last."""
    reply = {"role": "assistant", "content": answer.get("content")}
    fields = {name: body[name] for name in CREATE_ONLY if name in body}
    return {**fields, "messages": [*map(_unmarked, objects(body.get("messages"))), reply]}


def _unmarked(message: JsonObject) -> JsonObject:
    """Return a message without its breakpoints: those of every request would soon be too many for the cache."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [without_control(block) for block in objects(content)]}


STYLE = ThreadStyle(requested=requested, continued=continued, kept=kept, is_beta=True, branches=False)
