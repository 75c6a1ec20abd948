"""Answers in the words of a turn: a block, an error, a body. Shared by recordings and by copies from the journal."""

import orjson

from mockserver.core.conversation import ReplyBlock, Text, Thinking
from mockserver.core.errors import Failure
from mockserver.core.json_text import json_or_none
from mockserver.wires.errors import failure as documented


def block_words(block: ReplyBlock, asks_for_json: bool) -> object:
    """Return one block of a reply. Text is `json` where the client asks for JSON, and the value gives the same text."""
    if isinstance(block, Text):
        if block.is_refusal:
            return {"refusal": block.text}
        value = body_words(block.text.encode()) if asks_for_json else block.text
        return {"json": value} if isinstance(value, dict | list) else block.text
    if isinstance(block, Thinking):
        words = {"text": block.text, "signature": block.signature}
        return {"thinking": {**words, "redacted": True} if block.redacted else words}
    return {"tool_use": {"name": block.name, "input": dict(block.input), "id": block.id}}


def error_words(failure: Failure) -> dict[str, object]:
    """Return an error. Its documented parts are left out."""
    usual = documented(failure.status)
    headers = dict(failure.headers)
    wait = headers.get("retry-after", "")
    error: dict[str, object] = {"status": failure.status}
    if wait.isdecimal():
        error["retry_after"] = int(headers.pop("retry-after"))
    error |= {"code": failure.code} if failure.code != usual.code else {}
    error |= {"type": failure.type} if failure.type is not None else {}
    error |= {"message": failure.message} if failure.message != usual.message else {}
    return {"error": error, **({"headers": headers} if headers else {})}


def body_words(payload: bytes) -> object:
    """Return JSON that is written in the same bytes again, else text."""
    value = json_or_none(payload)
    if value is not None and not isinstance(value, str) and orjson.dumps(value) == payload:
        return value
    return payload.decode("utf-8", "replace")
