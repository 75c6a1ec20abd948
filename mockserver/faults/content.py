"""Content: what the text of a reply becomes, on either wire."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

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
from mockserver.faults.fields import MISSING, Edit, edit
from mockserver.faults.pieces import Body, arguments_of, pieces_of, resaid, said, surrogates, text_of
from mockserver.faults.shapes import whole_of
from mockserver.wires import DELTAS


def one_delta(actions: Actions, given: Nothing, context: Context) -> Actions:
    """Every block in one delta."""
    need_stream(actions)
    after = actions
    for read in (text_of, arguments_of):
        try:
            pieces = pieces_of(after, read, "")
        except NoEffectError:
            continue
        after = resaid(after, pieces, lambda text: [orjson.dumps(text)])
    if after == actions:
        raise NoEffectError("every block is one delta anyway")
    return after


def one_chunk(actions: Actions, given: Nothing, context: Context) -> Actions:
    """The whole message in one delta, role and finish reason with it."""
    if wire_of(actions) != "openai" or not is_stream(actions):
        raise NoEffectError("only OpenAI streams can be one chunk")
    frames = [action for action in actions if isinstance(action, Data) and action.event in ("usage", "done")]
    role = next(action for action in actions if document(action) is not None)
    whole = whole_of(actions)
    body, message = document(role) or {}, whole["choices"][0]["message"]
    for index, call in enumerate(message.get("tool_calls") or ()):
        call["index"] = index
    body["choices"] = [{"index": 0, "delta": message, "finish_reason": whole["choices"][0]["finish_reason"]}]
    assert isinstance(role, Data)
    kept = [with_document(role, body), *frames]
    start = actions.index(role)
    return (*actions[:start], *kept, *[action for action in actions[start:] if not isinstance(action, Data)])


def empty_answer(actions: Actions, given: Nothing, context: Context) -> Actions:
    """A proper answer that says nothing."""
    if not is_stream(actions):
        edits = (Edit("whole", "content", [], True), Edit("whole", "choices.0.message.content", "", True))
        calls = Edit("whole", "choices.0.message.tool_calls", MISSING)
        return edit(actions, (*edits, calls), "the answer is no message")
    said = {"content_block_start", "content_block_delta", "content_block_stop", "text", "tool_call", "ping"}
    kept = tuple([action for action in actions if not (isinstance(action, Data) and action.event in said)])
    if len(kept) == len(actions):
        raise NoEffectError("the answer says nothing anyway")
    return with_length(kept)


class MaxTokens(Parameters):
    """Where it stops."""

    main: ClassVar[str] = "after"
    after: int = Field(3, ge=0, description="How many deltas (or words) come.")


def max_tokens(actions: Actions, given: MaxTokens, context: Context) -> Actions:
    """The answer stops in the middle and says that max_tokens is reached."""
    if not is_stream(actions):
        return _whole_cut(actions, given.after)
    found: list[Action] = []
    count = 0
    for action in actions:
        if isinstance(action, Data) and action.event in DELTAS:
            count += 1
            if count > given.after:
                continue
        found.append(action)
    if count <= given.after:
        raise NoEffectError(f"the answer has only {count} deltas")
    return edit(with_length(tuple(found)), _STOPPED, "the answer has no stop reason")


_STOPPED = (
    Edit("message_delta", "delta.stop_reason", "max_tokens", True),
    Edit("finish", "choices.0.finish_reason", "length", True),
    Edit("whole", "stop_reason", "max_tokens", True),
    Edit("whole", "choices.0.finish_reason", "length", True),
)


def _whole_cut(actions: Actions, words: int) -> Actions:
    whole = whole_of(actions)
    holders = whole.get("content") or [choice["message"] for choice in whole.get("choices") or ()]
    for holder in holders:
        key = "text" if "text" in holder else "content"
        parts = re.findall(r"\S+\s*", holder.get(key) or "") if isinstance(holder, dict) else []
        if len(parts) > words:
            holder[key] = "".join(parts[:words]).rstrip()
            cut = with_whole_body(actions, orjson.dumps(whole), "application/json")
            return edit(cut, _STOPPED, "the answer has no stop reason")
    raise NoEffectError(f"the answer has no text of more than {words} words")


class Odd(Parameters):
    """What is in the text."""

    main: ClassVar[str] = "text"
    text: str = Field(
        "\u2028\u0085\u0000", min_length=1, description="Characters that are put before the first delta's."
    )


def odd_characters(actions: Actions, given: Odd, context: Context) -> Actions:
    """Line separators and NUL in the text, which break decoders that split lines wrongly."""
    need_stream(actions)
    first = pieces_of(actions, text_of, "the answer has no text")[0]
    literal = orjson.dumps(given.text + first.text)
    return with_length((*actions[: first.place], said(actions[first.place], literal), *actions[first.place + 1 :]))


def invalid_utf8(actions: Actions, given: Nothing, context: Context) -> Actions:
    """A byte in the text that is no UTF-8."""
    need_stream(actions)
    first = pieces_of(actions, text_of, "the answer has no text")[0]
    literal = orjson.dumps(first.text)[:-1] + b'\xff"'
    return with_length((*actions[: first.place], said(actions[first.place], literal), *actions[first.place + 1 :]))


def surrogates_split(actions: Actions, given: Nothing, context: Context) -> Actions:
    """A long character of the text in two deltas, one half of its surrogate pair in each."""
    need_stream(actions)
    return resaid(actions, pieces_of(actions, text_of, "the answer has no text"), surrogates)


def content_list(actions: Actions, given: Nothing, context: Context) -> Actions:
    """A list of parts where the text belongs."""
    found: list[Action] = []
    for action in actions:
        body = document(action)
        if body is not None and isinstance(action, Data) and "choices" in body and (told := text_of(body)):
            body["choices"][0]["delta"]["content"] = [{"type": "text", "text": told[1]}]
            action = with_document(action, body)
        found.append(action)
    if tuple(found) == actions:
        raise NoEffectError("the answer has no text deltas of the OpenAI wire")
    return tuple(found)


def content_string(actions: Actions, given: Nothing, context: Context) -> Actions:
    """A string where the list of blocks belongs (Anthropic, whole)."""
    whole = {} if is_stream(actions) else whole_of(actions)
    if not isinstance(whole.get("content"), list):
        raise NoEffectError("only whole Anthropic answers have a list of blocks")
    whole["content"] = "".join([block.get("text", "") for block in whole["content"]])
    return with_whole_body(actions, orjson.dumps(whole), "application/json")


class Artefact(Parameters):
    """Nothing but the text."""

    main: ClassVar[str] = "text"
    text: str | None = Field(None, description="The text; without it the answer's first call as XML.")


def xml_artefact(actions: Actions, given: Artefact, context: Context) -> Actions:
    """A <tool_call> left in the text, as D1 tells of qwen."""
    need_stream(actions)
    text = given.text if given.text is not None else _xml(whole_of(actions))
    last = pieces_of(actions, text_of, "the answer has no text to leave it in")[-1]
    if wire_of(actions) == "anthropic":
        first = pieces_of(actions, text_of, "")[0]
        body = document(actions[last.place]) or {}
        if body.get("index") != first.owner:
            raise NoEffectError("the answer has several blocks of text")
    delta = said(actions[last.place], orjson.dumps("\n" + text))
    return with_length((*actions[: last.place + 1], delta, *actions[last.place + 1 :]))


def _xml(whole: Body) -> str:
    for block in whole.get("content") or ():
        if isinstance(block, dict) and block.get("type") == "tool_use":
            return _tool_call(block["name"], block["input"])
    for choice in whole.get("choices") or ():
        for call in choice["message"].get("tool_calls") or ():
            return _tool_call(call["function"]["name"], orjson.loads(call["function"]["arguments"] or "{}"))
    return _tool_call("read_file", {"path": "/tmp/test.txt"})


def _tool_call(name: str, arguments: object) -> str:
    written = orjson.dumps({"name": name, "arguments": arguments}).decode()
    return f"<tool_call>\n{written}\n</tool_call>"


def _fault(name: str, about: str, source: str, apply: Callable[..., Actions], *rest: Any) -> Fault:
    return Fault(name, "content", about, source, apply, *rest)


FAULTS = (
    _fault(
        "one_delta",
        "Every block in one delta: simulated streaming.",
        "D1: simulated SSE; measured: simulated_sse",
        one_delta,
    ),
    _fault("one_chunk", "The whole message in one chunk (OpenAI).", "measured: openai_whole_in_one_chunk", one_chunk),
    _fault("empty_answer", "A proper answer that says nothing.", "measured: ns_content_empty", empty_answer),
    _fault("max_tokens", "The answer stops in the middle: max_tokens is reached.", "D1", max_tokens, MaxTokens, 3),
    _fault(
        "odd_characters",
        "Line separators and NUL in the text.",
        "measured: u2028_raw_in_text, nul_escape_in_text",
        odd_characters,
        Odd,
    ),
    _fault("invalid_utf8", "A byte in the text that is no UTF-8.", "measured: invalid_utf8_in_text", invalid_utf8),
    _fault(
        "surrogates_split",
        "A long character of the text in two deltas.",
        "measured: text_surrogate_halves_split",
        surrogates_split,
    ),
    _fault(
        "content_list", "A list of parts where the text belongs (OpenAI).", "measured: content_list_delta", content_list
    ),
    _fault(
        "content_string",
        "A string where the list of blocks belongs (Anthropic, whole).",
        "measured: ns_content_string",
        content_string,
    ),
    _fault(
        "xml_artefact",
        "A <tool_call> left in the text, beside or instead of the proper call.",
        "D1: qwen; measured: xml_tool_artifact",
        xml_artefact,
        Artefact,
    ),
)
