"""The snippets of the JSON Schemas: what an editor with yaml-language-server offers to write (`defaultSnippets`).

A snippet's body is what it writes, each string without quotes around it; `${1:words}` is a place to fill in, with the
words that stand there until then. A test takes those words and loads what each snippet writes.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Snippet(NamedTuple):
    """One snippet: its name in the list, what it is for, and what it writes."""

    label: str
    description: str
    body: Mapping[str, Any]  # Any: JSON


_REPLY = Snippet(
    "reply",
    "The model answers every message.",
    {"reply": "${1:Hello! How can I help you today?}", "times": "always"},
)
_TOOL_CALL = Snippet(
    "tool call",
    "The model calls a tool that the client offers.",
    {
        "when": {"last": "user", "tools": ["${1:get_weather}"]},
        "reply": [{"tool_use": {"name": "${1:get_weather}", "input": {"${2:city}": "${3:Oslo}"}}}],
    },
)
_TOOL_RESULT = Snippet(
    "tool result",
    "The model answers after the result of a tool.",
    {"when": {"last": "tool_result"}, "reply": "'The tool says {{tool_result}}'"},
)

SNIPPETS: Mapping[str, tuple[Snippet, ...]] = {
    "Scenario": (
        Snippet(
            "scenario",
            "A file with one answer to every message.",
            {
                "scenario": "${1:my-scenario}",
                "about": "${2:What happens}",
                "turns": [{"reply": "${3:Hello! How can I help you today?}", "times": "always"}],
            },
        ),
        Snippet(
            "scenario with a tool",
            "A file in which the model calls a tool and answers with its result.",
            {
                "scenario": "${1:my-scenario}",
                "about": "${2:What happens}",
                "turns": [
                    {
                        "when": {"last": "user"},
                        "reply": [{"tool_use": {"name": "${3:get_weather}", "input": {"${4:city}": "${5:Oslo}"}}}],
                    },
                    {"when": {"last": "tool_result"}, "reply": "${6:It rains.}"},
                ],
            },
        ),
    ),
    "Turn": (
        _REPLY,
        _TOOL_CALL,
        _TOOL_RESULT,
        Snippet(
            "error",
            "The gateway refuses, with the documented body of the status.",
            {"error": {"status": "${1:429}", "retry_after": "${2:2}"}, "times": "${3:1}"},
        ),
        Snippet(
            "broken stream",
            "The connection is reset before an event of the stream.",
            {"reply": "${1:An answer that is long enough.}", "faults": [{"reset": {"at": "${2:5}"}}]},
        ),
        Snippet(
            "slow stream",
            "The answer comes like a slow model's.",
            {"reply": "${1:Here you are.}", "pace": {"first": "${2:300ms}", "rate": "${3:40/s}", "chunk": "word"}},
        ),
    ),
    "Chaos": (
        Snippet(
            "chaos profile",
            "A file with one rule.",
            {
                "chaos": "${1:my-chaos}",
                "about": "${2:What goes wrong}",
                "rules": [{"probability": "${3:10%}", "error": {"status": "${4:503}"}}],
            },
        ),
    ),
    "ChaosRule": (
        Snippet("error", "Some requests are refused.", {"probability": "${1:10%}", "error": {"status": "${2:503}"}}),
        Snippet(
            "broken streams",
            "Some streams are reset.",
            {"when": {"stream": True}, "probability": "${1:5%}", "faults": [{"reset": {"at": "${2:4}"}}]},
        ),
    ),
    "AccountsFile": (
        Snippet(
            "accounts",
            "A file with one account that has three credits left.",
            {
                "accounts": [{"key": "${1:sk_three}", "plan": "starter", "credits": "${2:3}"}],
                "unknown_keys": "refuse",
            },
        ),
    ),
}
"""By the name of a model: what an editor offers where a value of it is expected."""


def snippets_of(model: str) -> Mapping[str, Any]:
    """Return the keyword `defaultSnippets` of a model's schema; nothing if it has no snippets."""
    snippets = [snippet._asdict() for snippet in SNIPPETS.get(model, ())]
    return {"defaultSnippets": snippets} if snippets else {}
