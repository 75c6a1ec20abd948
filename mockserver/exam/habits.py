"""What a client does, seen in its requests: whether it streams, offers tools, goes on after a tool's result.

A case that needs what the client never does is not applicable to it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mockserver.core.conversation import Conversation
from mockserver.journal.record import Record
from mockserver.scenarios.exam_header import ExamHeader, Need
from mockserver.wires import WIRES

LACKS: dict[Need, str] = {
    "stream": "the client does not stream",
    "whole": "the client asks for streams alone",
    "tools": "the client offers no tools",
    "tool_loop": "the client does not go on after a tool call",
    "time_limit": "the client's own time limit is not known; add --time-limit 10s",
}
"""Need -> why a case is not applicable to a client without it."""


class Habits(NamedTuple):
    """What a client was seen to do: the needs of cases that it satisfies, the dialects that it speaks, its requests."""

    satisfied: frozenset[str]
    wires: frozenset[str]
    requests: int

    def __str__(self) -> str:
        titles = ", ".join([WIRES[name].title for name in sorted(self.wires)])
        words = {
            "stream": "streams",
            "whole": "whole answers",
            "tools": "tools",
            "tool_loop": "goes on after tool calls",
        }
        seen = [text for need, text in words.items() if need in self.satisfied]
        count = f"{self.requests} request{'' if self.requests == 1 else 's'}"
        return f"{titles or 'no model request'}: {', '.join([count, *seen])}"


def conversations(records: Sequence[Record]) -> list[Record]:
    """Return the requests to a model."""
    return [record for record in records if record.operation.is_conversation]


def habits_of(records: Sequence[Record], time_limit: float | None = None) -> Habits:
    """Return what the client that sent these requests does. `time_limit` is what its operator says of it."""
    asked = conversations(records)
    sent = [one for record in asked if (one := record.conversation) is not None]
    satisfied = {_form(one) for one in sent}
    satisfied |= {"tools"} if any(one.tools for one in sent) else set()
    satisfied |= {"tool_loop"} if any(one.tool_results for one in sent) else set()
    satisfied |= {"time_limit"} if time_limit is not None else set()
    return Habits(frozenset(satisfied), frozenset([record.operation.wire for record in asked]), len(asked))


def _form(conversation: Conversation) -> str:
    return "stream" if conversation.stream else "whole"


def lacking(header: ExamHeader, habits: Habits) -> str:
    """Return why a case is not applicable to a client with these habits, or ""."""
    if header.wire is not None and header.wire not in habits.wires:
        return f"the client does not speak {WIRES[header.wire].title}"
    return next((LACKS[need] for need in header.needs if need not in habits.satisfied), "")
