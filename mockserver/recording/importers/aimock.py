"""aimock fixtures: JSON files with `match` in camel case.

Source: its fixture format (`userMessage`, `toolCalls`, `streamingProfile`, …), as its documentation has it in 2026.
"""

from collections.abc import Iterator
from typing import get_args

from mockserver.core.conversation import Json, Stop
from mockserver.core.json_text import json_or_none
from mockserver.recording.importers.imported import Fields, Imported, ImportFormat, fixtures_of, numbered
from mockserver.recording.pace import duration
from mockserver.recording.scenario import Turn
from mockserver.wires.json_values import mapping, objects, string

STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
"""Its finish reasons -> ours."""

OWN_FIELDS = frozenset(
    {
        *("userMessage", "systemMessage", "inputText", "toolCallId", "toolName", "toolCalls", "toolResultContains"),
        *("responseFormat", "sequenceIndex", "turnIndex", "hasToolResult", "finishReason"),
    }
)
"""Fields of `match` and `response` that no other format has."""


def _recognises(value: Json) -> bool:
    """Return whether a fixture has a field that only aimock has."""
    fixtures = [mapping(fixture) for fixture in fixtures_of(value)]
    names = {name for one in fixtures for name in (*mapping(one.get("match")), *mapping(one.get("response")))}
    return bool(names & OWN_FIELDS)


def _read(value: Json) -> Imported:
    losses: list[str] = []
    found = [_turn(fixture) for fixture in numbered(fixtures_of(value), "fixture", losses)]
    return Imported(turns=[turn for turn in found if turn is not None], losses=losses)


def _turn(fixture: Fields) -> Turn | None:
    match, response = fixture.inner("match"), fixture.inner("response")
    is_once = match.take("sequenceIndex") is not None  # one answer after the other, as turns are
    when = _when(match)
    answer = _answer(response)
    match.close()
    response.close()
    if answer is None:
        fixture.lose("its response is none that a conversation has; left out")
        return None
    pace = _pace(fixture)
    words = {"when": when, **answer, **({"pace": pace} if pace and "reply" in answer else {})}
    cut = fixture.take("truncateAfterChunks")
    if isinstance(cut, int) and "reply" in answer:
        words["faults"] = [{"close": {"at": f"delta {cut + 1}"}}]
    fixture.close()
    return words if is_once else {**words, "times": "always"}


def _when(match: Fields) -> dict[str, Json]:
    when: dict[str, Json] = {}
    for name, key in (("userMessage", "text"), ("systemMessage", "system")):
        text = match.take(name)
        if isinstance(text, str):
            when[key] = {"contains": text}
        elif text is not None:
            match.lose(f"{name}: only a text can be matched; left out")
    result = {"id": match.take("toolCallId"), "text": match.take("toolResultContains")}
    if any(result.values()):
        text = {"contains": result["text"]} if result["text"] else None
        test = {"id": result["id"], "text": text}
        when["tool_result"] = {name: value for name, value in test.items() if value}
    has_result = match.take("hasToolResult")
    if has_result is not None and "tool_result" not in when:
        when["last"] = "tool_result" if has_result else "user"
    for name, key in (("model", "model"), ("responseFormat", "response_format"), ("turnIndex", "assistant_turns")):
        value = match.take(name)
        when |= {key: value} if value is not None else {}
    tool = match.take("toolName")
    return when | ({"tools": [tool]} if tool else {})


def _answer(response: Fields) -> Turn | None:
    error = response.take("error")
    status = response.take("status")
    if isinstance(error, dict):
        kept = {name: error[name] for name in ("code", "type", "message") if isinstance(error.get(name), str)}
        return {"error": {"status": status if isinstance(status, int) else 500, **kept}}
    blocks = list(_blocks(response))
    if not blocks:
        return None
    words: Turn = {"reply": blocks[0]["text"] if len(blocks) == 1 and "text" in blocks[0] else blocks}
    reason = string(response.take("finishReason"))
    stop = STOPS.get(reason, reason)
    if stop in get_args(Stop):
        words["stop"] = stop
    elif reason:
        response.lose(f"finishReason {reason}: left out")
    return words


def _blocks(response: Fields) -> Iterator[dict[str, Json]]:
    reasoning, content = response.take("reasoning"), response.take("content")
    if isinstance(reasoning, str):
        yield {"thinking": reasoning}
    if isinstance(content, str):
        yield {"text": content.replace("{{", "{{braces}}")}
    elif content is not None:
        yield {"json": content}
    for call in objects(response.take("toolCalls")):
        yield _call(call)
    for block in objects(response.take("blocks")):
        if block.get("type") == "text":
            yield {"text": string(block.get("text")).replace("{{", "{{braces}}")}
        elif block.get("name"):
            yield _call(block)
        else:
            response.lose(f"a block of the type {block.get('type')}: left out")


def _call(call: Json) -> dict[str, Json]:
    arguments = call.get("arguments")
    parsed = json_or_none(arguments) if isinstance(arguments, str) else arguments
    id = string(call.get("id"))
    return {"tool_use": {"name": call.get("name"), "input": mapping(parsed), **({"id": id} if id else {})}}


def _pace(fixture: Fields) -> dict[str, Json]:
    """Return its streaming profile as a pace; its latency is the time between two chunks, in milliseconds."""
    profile, pace = fixture.inner("streamingProfile"), dict[str, Json]()
    first, rate, latency = profile.take("ttft"), profile.take("tps"), fixture.take("latency")
    if isinstance(first, int | float) and first > 0:
        pace["first"] = duration(first / 1000)
    if not rate and isinstance(latency, int | float) and latency > 0:
        rate = 1000 / latency
    if isinstance(rate, int | float) and rate > 0:
        pace["rate"] = f"{rate:g}/s"
    jitter = profile.take("jitter")
    if isinstance(jitter, int | float) and 0 < jitter <= 1:
        pace["jitter"] = f"{jitter:.0%}"
    profile.close()
    return pace


AIMOCK = ImportFormat("aimock", "aimock fixtures (fixtures with userMessage, toolCalls, …)", _recognises, _read)
