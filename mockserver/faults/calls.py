"""Content: what the tool calls of a reply become, on either wire."""

import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import orjson
from pydantic import Field

from mockserver.core.actions import Action, Actions, Data
from mockserver.faults.fault import (
    Context,
    Fault,
    NoEffectError,
    Nothing,
    Parameters,
    document,
    is_stream,
    need_stream,
    wire_of,
    with_document,
    with_length,
    with_whole_body,
)
from mockserver.faults.pieces import Body, arguments_of, pieces_of, resaid, surrogates
from mockserver.faults.shapes import whole_of

How: TypeAlias = Literal[
    "empty",
    "none",
    "empty_object",
    "truncated",
    "garbage",
    "null",
    "xml",
    "one_character",
    "split_escape",
    "surrogates",
    "object",
    "in_start",
    "string",
]


class Arguments(Parameters):
    """What becomes of the arguments."""

    main: ClassVar[str] = "as_"
    as_: How = Field(
        "truncated",
        alias="as",
        description="empty (no text), none (no deltas), empty_object, truncated, garbage (a brace too many), null, "
        "xml, one_character (a delta each), split_escape (cut inside \\u00e9), surrogates (cut inside an emoji), "
        "object (not a string; OpenAI), in_start (all in content_block_start; Anthropic), string (not an object; "
        "Anthropic, whole).",
    )


def _split_escape(text: str) -> list[bytes]:
    place = re.search(r"[A-Za-z]", text)
    if place is None:
        raise NoEffectError("the arguments have no letter to escape")
    escaped = f"{text[: place.start()]}\\u{ord(place[0]):04x}{text[place.end() :]}"
    return [orjson.dumps(escaped[: place.start() + 4]), orjson.dumps(escaped[place.start() + 4 :])]


_REWRITES: dict[str, Callable[[str], Sequence[bytes]]] = {
    "empty": lambda text: [b'""'],
    "none": lambda text: [],
    "empty_object": lambda text: [b'"{}"'],
    "truncated": lambda text: [orjson.dumps(text[: len(text) // 2])],
    "garbage": lambda text: [orjson.dumps(text + "}")],
    "null": lambda text: [b'"null"'],
    "xml": lambda text: [orjson.dumps('<parameter name="city">Oslo</parameter>')],
    "one_character": lambda text: [orjson.dumps(letter) for letter in text],
    "split_escape": _split_escape,
    "surrogates": surrogates,
}


def arguments(actions: Actions, given: Arguments, context: Context) -> Actions:
    """Arguments of tool calls that are empty, broken, oddly cut, or of another type."""
    if given.as_ == "object":
        return _as_object(actions)
    if given.as_ == "in_start":
        return _in_start(actions)
    if not is_stream(actions):
        return _whole_arguments(actions, given.as_)
    if given.as_ == "string":
        raise NoEffectError("the arguments in a stream are strings anyway")
    pieces = pieces_of(actions, arguments_of, "the answer has no tool call")
    found = resaid(actions, pieces, _REWRITES[given.as_])
    if found == actions:
        raise NoEffectError("the arguments come so anyway")
    return found


def _as_object(actions: Actions) -> Actions:
    if wire_of(actions) != "openai":
        raise NoEffectError("only the OpenAI wire has arguments as a string")
    if is_stream(actions):
        return resaid(
            actions, pieces_of(actions, arguments_of, "the answer has no tool call"), lambda text: [text.encode()]
        )
    whole, calls = _calls_of(actions)
    for call in calls:
        call["function"]["arguments"] = orjson.loads(call["function"]["arguments"])
    return with_whole_body(actions, orjson.dumps(whole), "application/json")


def _calls_of(actions: Actions) -> tuple[Body, list[Body]]:
    """A whole answer, and the tool calls in it."""
    whole = whole_of(actions)
    calls = [
        block for block in whole.get("content") or () if isinstance(block, dict) and block.get("type") == "tool_use"
    ]
    for choice in whole.get("choices") or ():
        calls += choice["message"].get("tool_calls") or ()
    if not calls:
        raise NoEffectError("the answer has no tool call")
    return whole, calls


def _whole_arguments(actions: Actions, how: str) -> Actions:
    whole, calls = _calls_of(actions)
    texts = {"empty": "", "empty_object": "{}", "null": "null", "xml": '<parameter name="city">Oslo</parameter>'}
    for call in calls:
        if "function" in call:
            text = call["function"]["arguments"]
            texts |= {"truncated": text[: len(text) // 2], "garbage": text + "}"}
            if how not in texts:
                raise NoEffectError("a whole answer has no deltas")
            call["function"]["arguments"] = texts[how]
        elif how == "string":
            call["input"] = orjson.dumps(call["input"]).decode()
        elif how in ("empty_object", "null"):
            call["input"] = {} if how == "empty_object" else None
        else:
            raise NoEffectError("the arguments of a whole Anthropic answer are an object")
    return with_whole_body(actions, orjson.dumps(whole), "application/json")


def _in_start(actions: Actions) -> Actions:
    need_stream(actions)
    if wire_of(actions) != "anthropic":
        raise NoEffectError("only Anthropic streams have content_block_start")
    pieces = pieces_of(actions, arguments_of, "the answer has no tool call")
    whole = {owner: "".join([p.text for p in pieces if p.owner == owner]) for owner in {p.owner for p in pieces}}
    gone = {piece.place for piece in pieces}
    found: list[Action] = []
    for place, action in enumerate(actions):
        body = document(action) or {}
        if body.get("type") == "content_block_start" and body["index"] in whole and isinstance(action, Data):
            body["content_block"]["input"] = orjson.loads(whole[body["index"]])
            action = with_document(action, body)
        if place not in gone:
            found.append(action)
    return with_length(tuple(found))


class Calls(Parameters):
    """What becomes of a property of tool calls."""

    main: ClassVar[str] = "as_"


class ToolIndex(Calls):
    """The index."""

    as_: Literal["missing", "null", "zero", "from_one"] = Field("zero", alias="as", description="What it becomes.")


def tool_index(actions: Actions, given: ToolIndex, context: Context) -> Actions:
    """Indexes of tool calls in OpenAI deltas."""

    def change(call: Body, first: bool) -> None:
        if given.as_ == "missing":
            del call["index"]
        else:
            call["index"] = {"null": None, "zero": 0, "from_one": call["index"] + 1}[given.as_]

    return _each_call(actions, change)


class ToolId(Calls):
    """The id (and name)."""

    as_: Literal["missing", "repeated", "with_name", "null_later", "empty_later"] = Field(
        "repeated", alias="as", description="missing; repeated on each delta, or with_name; null_later, empty_later."
    )


def tool_id(actions: Actions, given: ToolId, context: Context) -> Actions:
    """Ids (and names) of tool calls in OpenAI deltas."""
    known: dict[int, Body] = {}

    def change(call: Body, first: bool) -> None:
        if first:
            known[call["index"]] = {"id": call["id"], "name": call["function"]["name"]}
            if given.as_ == "missing":
                del call["id"]
        elif given.as_ in ("repeated", "with_name"):
            call["id"] = known[call["index"]]["id"]
            if given.as_ == "with_name":
                call["function"]["name"] = known[call["index"]]["name"]
        elif given.as_ in ("null_later", "empty_later"):
            nothing = None if given.as_ == "null_later" else ""
            call["id"] = nothing
            call["function"]["name"] = nothing

    return _each_call(actions, change)


class FirstArguments(Calls):
    """The arguments of the first delta."""

    as_: Literal["missing", "null"] = Field("missing", alias="as", description="What they become.")


def first_arguments(actions: Actions, given: FirstArguments, context: Context) -> Actions:
    """The first delta of a call without arguments."""

    def change(call: Body, first: bool) -> None:
        if first and given.as_ == "missing":
            del call["function"]["arguments"]
        elif first:
            call["function"]["arguments"] = None

    return _each_call(actions, change)


def tool_type_missing(actions: Actions, given: Nothing, context: Context) -> Actions:
    """Tool calls without their type."""
    return _each_call(actions, lambda call, first: call.pop("type", None))


def _each_call(actions: Actions, change: Callable[[Body, bool], object]) -> Actions:
    """Change each piece of a tool call on the OpenAI wire; the first has its id."""
    need_stream(actions)
    found: list[Action] = []
    for action in actions:
        if isinstance(action, Data) and action.event == "tool_call" and (body := document(action)) is not None:
            for call in body["choices"][0]["delta"]["tool_calls"]:
                change(call, "id" in call)
            action = with_document(action, body)
        found.append(action)
    if tuple(found) == actions:
        raise NoEffectError("the answer has no tool call of the OpenAI wire that this changes")
    return with_length(tuple(found))


def interleaved(actions: Actions, given: Nothing, context: Context) -> Actions:
    """Parallel tool calls whose deltas come in turns."""
    need_stream(actions)
    owner: dict[int, list[Data]] = {}
    places: list[int] = []
    tools: set[int] = set()
    for place, action in enumerate(actions):
        index = _call_index(action, tools)
        if index is not None and isinstance(action, Data):
            owner.setdefault(index, []).append(action)
            places.append(place)
    if len(owner) < 2:
        raise NoEffectError("the answer has no two tool calls")
    starts = [frames[0] for frames in owner.values()]
    is_anthropic = wire_of(actions) == "anthropic"
    stops = [frames[-1] for frames in owner.values()] if is_anthropic else []
    bodies = [frames[1:-1] if is_anthropic else frames[1:] for frames in owner.values()]
    turns = [rest[n] for n in range(max(map(len, bodies))) for rest in bodies if n < len(rest)]
    mixed = iter([*starts, *turns, *stops])
    taken = set(places)
    return tuple([next(mixed) if place in taken else action for place, action in enumerate(actions)])


def _call_index(action: Action, tools: set[int]) -> int | None:
    """Whose piece of a tool call this is, if it is one. `tools` gathers the blocks that are calls."""
    body = document(action) or {}
    if isinstance(action, Data) and action.event == "tool_call":
        found: int = body["choices"][0]["delta"]["tool_calls"][0].get("index") or 0
        return found
    if (body.get("content_block") or {}).get("type") == "tool_use":
        tools.add(body["index"])
    return body["index"] if body.get("index") in tools else None


def _fault(name: str, about: str, source: str, apply: Callable[..., Actions], *rest: Any) -> Fault:
    return Fault(name, "calls", about, source, apply, *rest)


FAULTS = (
    _fault(
        "arguments",
        "Arguments of tool calls that are empty, broken, oddly cut, or of another type.",
        "measured: toolargs_*, tool_args_as_object, tool_input_full_in_start, ns_tool_input_string",
        arguments,
        Arguments,
        "truncated",
    ),
    _fault(
        "tool_index",
        "Indexes of tool calls missing, null, all zero, or from one (OpenAI).",
        "measured: tool_index_*, parallel_all_index_0",
        tool_index,
        ToolIndex,
        "zero",
    ),
    _fault(
        "tool_id",
        "Ids (and names) of tool calls missing, repeated, or null later (OpenAI).",
        "measured: tool_id_*",
        tool_id,
        ToolId,
        "repeated",
    ),
    _fault(
        "first_arguments",
        "The first delta of a call has no arguments (OpenAI).",
        "measured: tool_args_missing_first, tool_args_null_first",
        first_arguments,
        FirstArguments,
        "null",
    ),
    _fault(
        "tool_type_missing", "Tool calls without their type (OpenAI).", "measured: tool_type_missing", tool_type_missing
    ),
    _fault(
        "interleaved", "Parallel tool calls whose deltas come in turns.", "measured: parallel_interleaved", interleaved
    ),
)
