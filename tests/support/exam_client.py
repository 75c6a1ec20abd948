"""A client for the exam, in this process: a streaming tool loop that is good, or bad in exactly one way.

It waits on the virtual clock of its session, so a whole exam takes no time but that of its requests.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jsonschema_rs

from mockserver.exam.clients import ClientTask, ExamClient
from mockserver.exam.results import ClientEnd

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TOOL = {"name": "read_file", "input_schema": SCHEMA}
TRIES, ROUNDS = 3, 20
RETRIED = {429, 500, 502, 503, 529}


class FailedError(Exception):
    """What the client reports as its failure."""


class StudiedClient(ExamClient):
    """A client with one bad habit, or none: see `HABITS`."""

    def __init__(self, habit: str = "") -> None:
        self.title = habit or "good"
        self._habit = habit

    def run(self, task: ClientTask) -> ClientEnd:
        """Do the work once."""
        try:
            return ClientEnd(0, self._work(task), 0.0)
        except FailedError as error:
            return ClientEnd(1, str(error), 0.0, "exit code 1")

    def _work(self, task: ClientTask) -> str:
        url, key = task.env["ANTHROPIC_BASE_URL"], task.env["ANTHROPIC_API_KEY"]
        messages: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
        with httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=30) as http:
            for _ in range(ROUNDS):
                body = {"model": "m", "max_tokens": 1000, "stream": True, "messages": messages, "tools": [TOOL]}
                if self._habit == "leaks its key":
                    body["metadata"] = {"user_id": key}
                text, calls = self._ask(http, body, task.wait)
                if not calls:
                    return text
                said = [{"type": "tool_use", "id": call["id"], "name": call["name"], "input": {}} for call in calls]
                messages += [{"role": "assistant", "content": said}, {"role": "user", "content": results_of(calls)}]
        raise FailedError("too many rounds")

    def _ask(
        self, http: httpx.Client, body: dict[str, Any], wait_for: Callable[[float], None]
    ) -> tuple[str, list[dict[str, str]]]:
        retried = RETRIED | ({402} if self._habit == "retries 402" else set())
        for number in range(TRIES):
            wait = 0.5 * 2**number
            try:
                with http.stream("POST", "/v1/messages", json=body) as answer:
                    if answer.status_code == 200:
                        return self._read(answer)
                    if answer.status_code not in retried:
                        raise FailedError(f"status {answer.status_code}")
                    wait = max(wait, float(answer.headers.get("retry-after", 0)))
                    if "retry-after" in answer.headers and self._habit == "ignores retry-after":
                        wait = 0.0
            except httpx.HTTPError as error:
                if number == TRIES - 1:
                    raise FailedError(repr(error)) from None
            wait_for(wait)
        raise FailedError("gave up")

    def _read(self, answer: httpx.Response) -> tuple[str, list[dict[str, str]]]:
        text, calls, is_whole = "", list[dict[str, str]](), False
        try:
            for event in events_of(answer):
                kind = event.get("type")
                if kind == "error":
                    raise FailedError("error event")
                block, delta = event.get("content_block") or {}, event.get("delta") or {}
                if block.get("type") == "tool_use":
                    calls.append({"id": block["id"], "name": block["name"], "arguments": ""})
                text += delta.get("text", "")
                if "partial_json" in delta:
                    calls[-1]["arguments"] += delta["partial_json"]
                is_whole = is_whole or kind == "message_stop"
        except httpx.HTTPError as error:
            if self._habit != "accepts truncated streams":
                raise FailedError(repr(error)) from None
        if not is_whole and self._habit != "accepts truncated streams":
            raise FailedError("the stream is not complete")
        return text, calls if is_whole else []


HABITS = ("retries 402", "ignores retry-after", "accepts truncated streams", "leaks its key")


def events_of(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """Yield the data of a stream's events."""
    for line in answer.iter_lines():
        if line.startswith("data:"):
            try:
                data = json.loads(line.removeprefix("data:"))
            except ValueError:
                raise FailedError("malformed event") from None
            yield data if isinstance(data, dict) else {}


def results_of(calls: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return a result for each call; an error where the name or the arguments are wrong."""
    return [
        {"type": "tool_result", "tool_use_id": call["id"], "content": "42", "is_error": not is_valid(call)}
        for call in calls
    ]


def is_valid(call: dict[str, str]) -> bool:
    """Return whether a call is of the tool, with arguments that satisfy its schema."""
    try:
        value = json.loads(call["arguments"] or "{}")
    except ValueError:
        return False
    return call["name"] == TOOL["name"] and jsonschema_rs.is_valid(SCHEMA, value)
