"""The requests of the benchmarks: a small one of either wire, and the long history of an agent."""

from collections.abc import Mapping

import orjson

MODEL = "llama-3.3-70b-instruct"
PROMPT = "Summarise the release notes below in three short points, in plain words, and name what breaks."

PATHS: Mapping[str, str] = {"anthropic": "/v1/messages", "openai": "/api/v1/chat/completions"}

REPLY = "The gateway answers in one sentence, as a short and friendly model would, and then it stops talking."
"""The text of a whole answer, whose body is as long as a small real one (about 400 bytes)."""

STREAMED = " ".join(["gateways", "answer", "what", "they", "have", "been", "told", "to", "answer,", "quickly"] * 5)
"""Fifty words, which become fifty deltas."""

TOOL: Mapping[str, object] = {
    "name": "read_file",
    "description": "Read a file of the workspace.",
    "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
}


def small(stream: bool = False, prompt: str = PROMPT) -> bytes:
    """Return a small body, the same on both wires."""
    message = {"role": "user", "content": prompt}
    return orjson.dumps({"model": MODEL, "max_tokens": 1024, "stream": stream, "messages": [message]})


def history(messages: int) -> bytes:
    """Return a Messages body with the history of an agent: question, tool call, result, answer, and again."""
    rounds = [message for number in range(messages // 4 + 1) for message in _round(number)]
    body = {
        "model": MODEL,
        "max_tokens": 1024,
        "system": "You are a careful assistant. You read files before you speak about them.",
        "tools": [TOOL],
        "messages": [*rounds[: messages - 1], {"role": "user", "content": PROMPT}],
    }
    return orjson.dumps(body)


def _round(number: int) -> list[dict[str, object]]:
    id = f"toolu_{number:022}"
    use = {"type": "tool_use", "id": id, "name": "read_file", "input": {"path": f"src/module_{number}.py"}}
    code = f"def function_{number}():\n    return {number}\n" * 4
    return [
        {"role": "user", "content": f"What does module {number} do, and who calls it? {PROMPT}"},
        {"role": "assistant", "content": [{"type": "text", "text": "Let me read that file for you."}, use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": code}]},
        {"role": "assistant", "content": f"It returns {number}. Nobody calls it yet. {REPLY}"},
    ]
