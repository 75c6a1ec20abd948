"""Arguments of tool calls that are empty, broken, oddly cut, or of another type.

Why: arguments are written by the model, so they can be anything, and they come in pieces that end anywhere. Most
measured helpers give a program `{}` or a part of broken arguments, and raise nothing.

In a scenario:

    faults: [{arguments: truncated}]
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, TypeAlias

import orjson
from pydantic import Field

from mockserver.core.actions import Action, Actions, Data
from mockserver.faults.answers import Object, document, first_document, is_stream, kinds_of, need_stream, whole_of
from mockserver.faults.deltas import arguments_of, pieces_of, rewrite, settled, split_surrogates
from mockserver.faults.editing import JSON, changed, with_document, with_length, with_whole_body
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters

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


_XML = '<parameter name="city">Oslo</parameter>'
_NO_CALL = "the answer has no tool call"


def _split_escape(text: str) -> list[bytes]:
    letter = re.search(r"[A-Za-z]", text)
    if letter is None:
        raise NoEffectError("the arguments have no letter to escape")
    escaped = f"{text[: letter.start()]}\\u{ord(letter[0]):04x}{text[letter.end() :]}"
    return [orjson.dumps(escaped[: letter.start() + 4]), orjson.dumps(escaped[letter.start() + 4 :])]


_REWRITES: Mapping[str, Callable[[str], Sequence[bytes]]] = {
    "empty": lambda text: [b'""'],
    "none": lambda text: [],
    "empty_object": lambda text: [b'"{}"'],
    "truncated": lambda text: [orjson.dumps(text[: len(text) // 2])],
    "garbage": lambda text: [orjson.dumps(text + "}")],
    "null": lambda text: [b'"null"'],
    "xml": lambda text: [orjson.dumps(_XML)],
    "one_character": lambda text: [orjson.dumps(letter) for letter in text],
    "split_escape": _split_escape,
    "surrogates": split_surrogates,
}
"""What a stream's deltas become: the whole text of a call's arguments -> its new pieces as JSON."""


def arguments(actions: Actions, parameters: Arguments, context: Context) -> Actions:
    """Return the answer with other arguments for every call."""
    if parameters.as_ == "object":
        return _as_object(actions, context)
    if parameters.as_ == "in_start":
        return _in_start(actions)
    if not is_stream(actions):
        return _in_whole(actions, context, parameters.as_)
    if parameters.as_ == "string":
        raise NoEffectError("the arguments in a stream are strings anyway")
    after = rewrite(actions, pieces_of(actions, arguments_of, _NO_CALL), _REWRITES[parameters.as_])
    if parameters.as_ != "surrogates":  # half a character is no JSON that could be read again
        after = settled(after, context.wire)
    return changed(actions, after, "the arguments come so anyway")


def _as_object(actions: Actions, context: Context) -> Actions:
    if "choices" not in first_document(actions):
        raise NoEffectError("only the OpenAI wire has arguments as a string")
    if is_stream(actions):
        return rewrite(actions, pieces_of(actions, arguments_of, _NO_CALL), lambda text: [text.encode()])
    whole, calls = _calls_of(actions, context)
    for call in calls:
        call["function"]["arguments"] = orjson.loads(call["function"]["arguments"])
    return with_whole_body(actions, orjson.dumps(whole), JSON)


_CALLS = ("tool_use", "function_call")
"""The types of calls, on the wires whose answers have types."""


def _calls_of(actions: Actions, context: Context) -> tuple[Object, list[Object]]:
    """Return a whole answer, and the tool calls in it."""
    whole = whole_of(actions, context.wire)
    blocks = whole.get("content") or whole.get("output") or ()
    calls = [block for block in blocks if isinstance(block, dict) and block.get("type") in _CALLS]
    for choice in whole.get("choices") or ():
        calls += choice["message"].get("tool_calls") or ()
    if not calls:
        raise NoEffectError(_NO_CALL)
    return whole, calls


def _in_whole(actions: Actions, context: Context, how: str) -> Actions:
    whole, calls = _calls_of(actions, context)
    texts = {"empty": "", "empty_object": "{}", "null": "null", "xml": _XML}
    for call in calls:
        # On the OpenAI wire arguments are a text, on the Anthropic wire an object.
        holder = call.get("function", call)
        if "arguments" in holder:
            text = holder["arguments"]
            texts |= {"truncated": text[: len(text) // 2], "garbage": text + "}"}
            if how not in texts:
                raise NoEffectError("a whole answer has no deltas")
            holder["arguments"] = texts[how]
        elif how == "string":
            call["input"] = orjson.dumps(call["input"]).decode()
        elif how in ("empty_object", "null"):
            call["input"] = {} if how == "empty_object" else None
        else:
            raise NoEffectError("the arguments of a whole Anthropic answer are an object")
    return with_whole_body(actions, orjson.dumps(whole), JSON)


def _in_start(actions: Actions) -> Actions:
    """Return the stream with all the arguments of a call in the event that starts its block."""
    need_stream(actions)
    if "content_block_start" not in kinds_of(actions):
        raise NoEffectError("only Anthropic streams have content_block_start")
    pieces = pieces_of(actions, arguments_of, _NO_CALL)
    texts: dict[int, str] = {}
    for piece in pieces:
        texts[piece.owner] = texts.get(piece.owner, "") + piece.text
    dropped = {piece.place for piece in pieces}
    after: list[Action] = []
    for index, action in enumerate(actions):
        body = document(action) or {}
        if body.get("type") == "content_block_start" and body["index"] in texts and isinstance(action, Data):
            body["content_block"]["input"] = orjson.loads(texts[body["index"]])
            action = with_document(action, body)
        if index not in dropped:
            after.append(action)
    return with_length(tuple(after))


FAULT = Fault(
    name="arguments",
    group="calls",
    doc=__doc__,
    source="measured: toolargs_*, tool_args_as_object, tool_input_full_in_start, ns_tool_input_string",
    apply=arguments,
    parameters=Arguments,
    example="truncated",
)
