"""llmposter fixtures: YAML files with `match` in snake case.

Source: its fixture reference (`user_message`, `tool_calls`, `failure`, `scenario`, …), version 0.5.
"""

from collections.abc import Iterator
from typing import get_args

from mockserver.core.conversation import Json, Stop
from mockserver.recording.importers.imported import Fields, Imported, ImportFormat, fixtures_of, numbered
from mockserver.recording.pace import duration
from mockserver.recording.scenario import Turn
from mockserver.wires import WIRES
from mockserver.wires.json_values import mapping, objects, string

START = "start"
"""Our name of the state that it calls ""."""

STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}

OVERLOADED = {"response": {"headers": {"content-type": "text/plain"}, "body": "overloaded"}}
"""What its `corrupt_body` sends."""


def _read(value: Json) -> Imported:
    losses: list[str] = []
    names: set[str] = set()
    found = [_turn(fixture, names) for fixture in numbered(fixtures_of(value), "fixture", losses)]
    if len(names) > 1:
        losses.append(f"scenarios {', '.join(sorted(names))}: a scenario has one state; theirs are mixed")
    return Imported(turns=[turn for turn in found if turn is not None], losses=losses)


def _turn(fixture: Fields, names: set[str]) -> Turn | None:
    match = fixture.inner("match")
    when = _when(match)
    match.close()
    provider = string(fixture.take("provider"))
    if provider in WIRES:
        when["wire"] = provider
    elif provider:
        fixture.lose(f"the provider {provider}: no wire of the gateway; left out")
        return None
    then = _state(fixture, when, names)
    answer = _answer(fixture)
    if answer is None:
        fixture.lose("it has no response, error or refusal; left out")
        return None
    shaped = _failures(fixture, answer)  # may replace the answer
    words = {"when": when, **answer, **shaped, **then, "times": "always"}
    fixture.close()
    return words


def _when(match: Fields) -> dict[str, Json]:
    when: dict[str, Json] = {}
    text, model = match.take("user_message"), match.take("model")
    if isinstance(text, str):
        when["text"] = {"contains": text}
    elif text is not None:
        when["text"] = {"regex": string(mapping(text).get("regex"))}
    if isinstance(model, str):
        when["model"] = f"*{model}*"
    elif model is not None:
        match.lose("model by a regular expression: a scenario has globs; left out")
    return when


def _state(fixture: Fields, when: dict[str, Json], names: set[str]) -> Turn:
    """Put the state that a fixture requires into `when`, and return the one that it sets."""
    if "scenario" not in fixture:
        return {}
    scenario = fixture.inner("scenario")
    names.add(string(scenario.take("name")))
    required = scenario.take("required_state")
    if "required_state" in scenario or required is not None:
        when["state"] = required or START
    following = scenario.take("set_state")
    scenario.close()
    return {"then": following} if following else {}


def _answer(fixture: Fields) -> Turn | None:
    if "error" in fixture:
        error = fixture.inner("error")
        words: Turn = {"error": {"status": error.take("status") or 500, "message": string(error.take("message"))}}
        headers = mapping(error.take("headers"))
        error.close()
        return {**words, **({"headers": dict(headers)} if headers else {})}
    if "refusal" in fixture:
        refusal = fixture.inner("refusal")
        reason = string(refusal.take("reason"))
        refusal.close()
        return {"reply": [{"refusal": reason}]} if reason else None
    response = fixture.inner("response")
    blocks = list(_blocks(response))
    stop = string(response.take("stop_reason", "finish_reason"))
    response_stop = STOPS.get(stop, stop)
    if stop and response_stop not in get_args(Stop):
        response.lose(f"stop reason {stop}: left out")
    response.close()
    if not blocks:
        return None
    reply = blocks[0]["text"] if len(blocks) == 1 and "text" in blocks[0] else blocks
    return {"reply": reply, **({"stop": response_stop} if response_stop in get_args(Stop) else {})}


def _blocks(response: Fields) -> Iterator[dict[str, Json]]:
    content = response.take("content")
    if isinstance(content, str):
        yield {"text": content.replace("{{", "{{braces}}")}
        if "{{" in content:
            response.lose("templates in its content are texts now")
    for call in objects(response.take("tool_calls")):
        yield {"tool_use": {"name": call.get("name"), "input": mapping(call.get("arguments"))}}


def _failures(fixture: Fields, answer: Turn) -> Turn:
    """Return pace and faults; a body that is corrupt replaces the answer."""
    failure, streaming = fixture.inner("failure"), fixture.inner("streaming")
    pace, faults = dict[str, Json](), list[Json]()
    first, between = failure.take("latency_ms"), streaming.take("latency")
    if isinstance(first, int | float) and first > 0:
        pace["first"] = duration(first / 1000)
    if isinstance(between, int | float) and between > 0:
        pace["rate"] = f"{1000 / between:g}/s"
    cut = failure.take("truncate_after_frames", "truncate_after_chunks")
    if isinstance(cut, int):
        faults.append({"close": {"at": cut + 1}})
    if failure.take("corrupt_body"):
        answer.pop("reply", None)
        answer.pop("stop", None)
        failure.close()
        return OVERLOADED
    failure.close()
    streaming.close()
    return {**({"pace": pace} if pace and "reply" in answer else {}), **({"faults": faults} if faults else {})}


LLMPOSTER = ImportFormat(
    "llmposter", "llmposter fixtures (fixtures with user_message, …)", lambda value: bool(fixtures_of(value)), _read
)
