"""Snapshots: a run as readable YAML, for golden tests. The same client gives the same text in every run.

Each request shows only what it says for the first time. What differs between runs without meaning anything is left out
or numbered: ids of calls become `call 1`, `call 2`; times, headers, ports and message ids are not told.
"""

import re
from collections.abc import Sequence

import yaml

from mockserver.core.conversation import Block, Media, Message, Text, ToolResult, ToolUse
from mockserver.journal.record import Record

_ID = re.compile(r"\b(?:toolu|call)_[A-Za-z0-9_-]+")
WIDTH = 100


class _Names:
    """Numbers for ids, in the order in which they come."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, id: str) -> str:
        return self._known.setdefault(id, f"call {len(self._known) + 1}")

    def within(self, text: str) -> str:
        return _ID.sub(lambda found: self.of(found[0]), text)


def snapshot(records: Sequence[Record]) -> str:
    """The run as YAML."""
    names, told = _Names(), list[dict[str, object]]()
    heard: tuple[Message, ...] = ()
    for record in records:
        conversation = record.conversation
        entry: dict[str, object] = {"request": f"{record.method} {record.path}"}
        if conversation is not None:
            entry["model"] = conversation.model
            entry |= {"system": conversation.system} if conversation.system else {}
            entry |= {"tools": [tool.name for tool in conversation.tools]} if conversation.tools else {}
            entry |= {"stream": True} if conversation.stream else {}
            known = len(heard) if conversation.messages[: len(heard)] == heard else 0
            said = [_said(message, names) for message in conversation.messages[known:]]
            entry["said"] = said or "the same again"
            heard = conversation.messages
        entry["answer"] = _answer(record, names)
        told.append(entry)
    text: str = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text


def _said(message: Message, names: _Names) -> dict[str, object]:
    blocks = [_block(block, names) for block in message.blocks]
    return {message.role: blocks[0] if len(blocks) == 1 else blocks}


def _block(block: Block, names: _Names) -> object:
    match block:
        case Text(text=text):
            return names.within(text)
        case ToolUse(name=name, input=arguments, id=id):
            return {"tool_use": name, "id": names.of(id), "input": dict(arguments)}
        case ToolResult(tool_use_id=id, text=text, is_error=is_error):
            return {"tool_result": names.of(id), "text": text} | ({"is_error": True} if is_error else {})
        case Media(kind=kind):
            return {"media": kind}


def _answer(record: Record, names: _Names) -> dict[str, object]:
    answer = record.answer
    found: dict[str, object] = {"status": record.status}
    if record.turn:
        found["turn"] = f"{record.scenario}/{record.turn}"
    if answer.error:
        found["error"] = record.code or names.within(answer.error)
    if answer.text:
        found["text"] = names.within(answer.text)
    if answer.calls:
        found["tool_use"] = [
            {"name": call.name, "id": names.of(call.id), "input": call.arguments if call.input is None else call.input}
            for call in answer.calls
        ]
    if record.ended != "complete":
        found["ended"] = record.ended
    return found
