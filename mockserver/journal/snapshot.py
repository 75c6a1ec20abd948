"""Snapshots: a run as readable YAML, for golden tests. The same client gives the same text in every run.

Each request shows only the messages that are new. What differs between runs without a meaning is left out or numbered:
ids of calls become `call 1`, `call 2`; times, headers, ports and message ids are not included.
"""

import re
from collections.abc import Sequence

from mockserver.core.conversation import Block, Media, Message, Text, Thinking, ToolResult, ToolUse
from mockserver.journal.record import Record

_ID = re.compile(r"\b(?:toolu|call)_[A-Za-z0-9_-]+")
WIDTH = 100


class _Names:
    """Numbers for ids, in the order of their first occurrence."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, id: str) -> str:
        """Return the number of an id."""
        return self._known.setdefault(id, f"call {len(self._known) + 1}")

    def within(self, text: str) -> str:
        """Return the text with every id replaced by its number."""
        return _ID.sub(lambda match: self.of(match[0]), text)


def snapshot(records: Sequence[Record]) -> str:
    """Return the run as YAML."""
    import yaml  # few tests take a snapshot

    names, entries = _Names(), list[dict[str, object]]()
    previous: tuple[Message, ...] = ()
    for record in records:
        conversation = record.conversation
        entry: dict[str, object] = {"request": f"{record.method} {record.path}"}
        if conversation is not None:
            entry["model"] = conversation.model
            entry |= {"system": conversation.system} if conversation.system else {}
            entry |= {"tools": [tool.name for tool in conversation.tools]} if conversation.tools else {}
            entry |= {"stream": True} if conversation.stream else {}
            known = len(previous) if conversation.messages[: len(previous)] == previous else 0
            messages = [_message(message, names) for message in conversation.messages[known:]]
            entry["said"] = messages or "the same again"
            previous = conversation.messages
        entry["answer"] = _answer(record, names)
        entries.append(entry)
    text: str = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text


def _message(message: Message, names: _Names) -> dict[str, object]:
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
        case Thinking(text=text):
            return {"thinking": names.within(text)}
        case Media(kind=kind):
            return {"media": kind}


def _answer(record: Record, names: _Names) -> dict[str, object]:
    answer = record.answer
    entry: dict[str, object] = {"status": record.status}
    if record.turn:
        entry["turn"] = f"{record.scenario}/{record.turn}"
    if answer.error:
        entry["error"] = record.code or names.within(answer.error)
    if answer.thinking:
        entry["thinking"] = names.within(answer.thinking)
    if answer.text:
        entry["text"] = names.within(answer.text)
    if answer.calls:
        entry["tool_use"] = [
            {"name": call.name, "id": names.of(call.id), "input": call.arguments if call.input is None else call.input}
            for call in answer.calls
        ]
    if record.ended != "complete":
        entry["ended"] = record.ended
    return entry
