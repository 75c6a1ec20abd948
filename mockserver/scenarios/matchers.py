"""Matching is a difference: what a turn wanted, and what the request is instead.

Every key of `when` compiles to one matcher: a function from a call to a `Difference`, or None if there is none. A turn
matches when none of its matchers finds a difference. So the same code that decides also explains: the 404 body, the
journal and `explain` all show these differences, in words that know conversations.

To add a matcher: a field in `scenario.When`, a function here that takes the field's value, and its row in `MATCHERS`.
A value that means nothing raises `ValueError` with the remedy when the file loads.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import jsonschema_rs
import msgspec
from pydantic import JsonValue

from mockserver.accounts.keys import mask
from mockserver.core import json_pointer, regex
from mockserver.core.conversation import Conversation, JsonObject, ToolResult, ToolUse, compact_json
from mockserver.openapi.operation import Operation
from mockserver.scenarios.schema import CountTest, TextTest, ToolResultTest, When

SHOWN = 60
"""How much of a text a difference shows."""


class Call(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A request as matchers see it; `conversation` is None where its operation takes no messages."""

    operation: Operation
    conversation: Conversation | None
    path: str = ""
    headers: Mapping[str, str] = {}
    key: str = ""
    body: JsonObject = {}
    state: str = "start"

    def __repr__(self) -> str:
        return f"<call of {self.operation.name}>"  # keys and passwords are in the rest


class Difference(msgspec.Struct, frozen=True, gc=False):
    """One reason why a turn does not match: `what` is the thing compared, in words.

    It is put into words only when somebody reads it; `quoted` says that `got` is a text that a client sent.
    """

    what: str
    got: str
    wanted: str
    quoted: bool = False

    def __str__(self) -> str:
        got = shown(self.got) if self.quoted else self.got
        return f"{self.what} is {got}, wanted {self.wanted}"


Matcher: TypeAlias = Callable[[Call], Difference | None]


def shown(text: str) -> str:
    """A text as a difference shows it: quoted, on one line, and not too long."""
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def either(names: Sequence[str]) -> str:
    """A list as words: `a`, `a or b`."""
    return " or ".join(names)


# --- the request ------------------------------------------------------------------------------------------------------


def _operation(names: list[str]) -> Matcher:
    wanted = frozenset(names)

    def differ(call: Call) -> Difference | None:
        if call.operation.name in wanted:
            return None
        return Difference("the operation", call.operation.name, either(names))

    return differ


def _path(wanted: str) -> Matcher:
    fits = regex.glob(wanted)
    return lambda call: None if fits(call.path) else Difference("the path", call.path, wanted)


def _wire(wanted: str) -> Matcher:
    def differ(call: Call) -> Difference | None:
        wire = call.operation.wire
        return None if wire == wanted else Difference("the wire", wire, wanted)

    return differ


SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
"""Neither what a client sends in these is shown, nor what a file wants of them."""


def _headers(tests: dict[str, TextTest]) -> Matcher:
    wanted = [(name.lower(), failing(test)) for name, test in tests.items()]

    def differ(call: Call) -> Difference | None:
        for name, fails in wanted:
            value = call.headers.get(name)
            what, is_secret = f"the header {name}", name in SECRET_HEADERS
            if value is None:
                return Difference(what, "missing", "there" if is_secret else fails("") or "there")
            words = fails(value)
            if words is not None:
                return Difference(what, mask(value), "another") if is_secret else Difference(what, value, words, True)
        return None

    return differ


def _key(test: TextTest) -> Matcher:
    fails = failing(test)
    # A key is never shown, nor is what a file wants of it: both are secrets.
    return lambda call: None if fails(call.key) is None else Difference("the key", mask(call.key), "another")


def _body(wanted: dict[str, JsonValue]) -> Matcher:
    values = [(pointer, json_pointer.parts_of(pointer), value) for pointer, value in wanted.items()]

    def differ(call: Call) -> Difference | None:
        for pointer, parts, value in values:
            found = json_pointer.follow(call.body, parts)
            if found is json_pointer.MISSING or not json_pointer.same(found, value):
                got = "missing" if found is json_pointer.MISSING else shown(compact_json(found))
                return Difference(f"the body's {pointer}", got, shown(compact_json(value)))
        return None

    return differ


def _body_schema(schema: dict[str, JsonValue]) -> Matcher:
    try:
        validator = jsonschema_rs.Draft202012Validator(
            schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ValueError(f"not a JSON Schema: {str(error).partition(chr(10))[0]}") from None

    def differ(call: Call) -> Difference | None:
        error = next(validator.iter_errors(call.body), None)
        if error is None:
            return None
        where = "/" + "/".join([str(part) for part in error.instance_path])
        return Difference(f"the body's {where}", "something else", f"what its schema says ({error.kind.name})")

    return differ


def _state(wanted: str) -> Matcher:
    return lambda call: None if call.state == wanted else Difference("the state", call.state, wanted)


# --- the conversation -------------------------------------------------------------------------------------------------


def _of_conversation(compare: Callable[[Conversation], Difference | None]) -> Matcher:
    """A matcher that looks at the conversation; a call without one differs."""

    def differ(call: Call) -> Difference | None:
        if call.conversation is None:
            return Difference("the request", f"a call of {call.operation.name}", "a conversation")
        return compare(call.conversation)

    return differ


def _model(globs: list[str]) -> Matcher:
    fits = regex.any_glob(globs)
    wanted = either(globs)

    def compare(conversation: Conversation) -> Difference | None:
        if fits(conversation.model):
            return None
        return Difference("the model", conversation.model, wanted, quoted=True)

    return _of_conversation(compare)


_FORMS = {True: "a stream", False: "a whole answer"}


def _stream(wanted: bool) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        if conversation.stream is wanted:
            return None
        return Difference("what is asked for", _FORMS[conversation.stream], _FORMS[wanted])

    return _of_conversation(compare)


_LAST = {
    "user": "a user message",
    "assistant": "an assistant message",
    "tool_result": "a tool_result",
    "system": "a system message",
}


def _last(wanted: str) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        last = conversation.last
        return None if last == wanted else Difference("the last message", _LAST[last], _LAST[wanted])

    return _of_conversation(compare)


def _text(test: TextTest) -> Matcher:
    return _some_text("the text of the last user message", test, lambda conversation: conversation.last_user_text)


def _system(test: TextTest) -> Matcher:
    return _some_text("the system text", test, lambda conversation: conversation.system)


def _some_text(what: str, test: TextTest, text_of: Callable[[Conversation], str]) -> Matcher:
    fails = failing(test)

    def compare(conversation: Conversation) -> Difference | None:
        text = text_of(conversation)
        words = fails(text)
        return None if words is None else Difference(what, text, words, quoted=True)

    return _of_conversation(compare)


def _tools(wanted: list[str]) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        offered = [tool.name for tool in conversation.tools]
        got = ", ".join(offered) or "none"
        if not wanted:
            return Difference("the offer of tools", got, "none") if offered else None
        missing = [name for name in wanted if name not in offered]
        return Difference("the offer of tools", got, f"{' and '.join(missing)} among them") if missing else None

    return _of_conversation(compare)


def _tool_choice(wanted: str) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        choice = conversation.tool_choice
        got = choice.name if choice.mode == "tool" else choice.mode
        return None if got == wanted else Difference("the tool_choice", got, wanted)

    return _of_conversation(compare)


def _assistant_turns(test: CountTest) -> Matcher:
    low = test.at_least if test.equals is None else test.equals
    high = test.at_most if test.equals is None else test.equals

    def compare(conversation: Conversation) -> Difference | None:
        turns = conversation.assistant_turns
        if low is not None and turns < low:
            return Difference("the number of assistant turns", str(turns), f"{'' if high == low else 'at least '}{low}")
        if high is not None and turns > high:
            return Difference("the number of assistant turns", str(turns), f"{'' if high == low else 'at most '}{high}")
        return None

    return _of_conversation(compare)


_SUCCESS = {True: "an error", False: "no error"}


def _tool_result(test: ToolResultTest) -> Matcher:
    fails = failing(test.text) if test.text is not None else None

    def compare_one(result: ToolResult, conversation: Conversation) -> Difference | None:
        if test.id is not None and result.tool_use_id != test.id:
            return Difference("the id of the tool_result", result.tool_use_id, test.id)
        if test.name is not None and (name := _called(result, conversation)) != test.name:
            return Difference("the tool that the tool_result answers", name or "unknown", test.name)
        if test.is_error is not None and result.is_error is not test.is_error:
            return Difference("the tool_result", _SUCCESS[result.is_error], _SUCCESS[test.is_error])
        words = None if fails is None else fails(result.text)
        return None if words is None else Difference("the text of the tool_result", result.text, words, quoted=True)

    def compare(conversation: Conversation) -> Difference | None:
        found = [compare_one(result, conversation) for result in conversation.tool_results]
        if not found:
            return Difference("the last message", _LAST[conversation.last], _LAST["tool_result"])
        return None if None in found else found[-1]

    return _of_conversation(compare)


def _called(result: ToolResult, conversation: Conversation) -> str:
    """The name of the tool that a result answers."""
    for message in reversed(conversation.messages):
        for block in message.blocks:
            if isinstance(block, ToolUse) and block.id == result.tool_use_id:
                return block.name
    return ""


# --- texts, and algebra -----------------------------------------------------------------------------------------------


def failing(test: TextTest) -> Callable[[str], str | None]:
    """A function that says what a text should have been, or None if it is. Raises `ValueError` for a bad pattern."""
    fold = str.casefold if test.ignore_case else str
    checks: list[tuple[Callable[[str], bool], str]] = []
    if test.equals is not None:
        checks.append((fold(test.equals).__eq__, f"exactly {shown(test.equals)}"))
    if test.contains is not None:
        part = fold(test.contains)
        checks.append((lambda text: part in text, f"one that contains {shown(test.contains)}"))
    if test.regex is not None:
        checks.append((regex.regex(test.regex, test.ignore_case), f"one that matches /{test.regex}/"))

    def fails(text: str) -> str | None:
        folded = fold(text)
        for holds, wanted in checks:
            if not holds(folded):
                return wanted
        return None

    return fails


def _all(whens: list[When]) -> Matcher:
    matchers = [matcher for when in whens for matcher in compile_when(when)]

    def differ(call: Call) -> Difference | None:
        return next((found for matcher in matchers if (found := matcher(call)) is not None), None)

    return differ


def _any(whens: list[When]) -> Matcher:
    branches = [compile_when(when) for when in whens]

    def differ(call: Call) -> Difference | None:
        found = [differences(branch, call) for branch in branches]
        if not all(found):
            return None
        told = [" and ".join([str(difference) for difference in branch]) for branch in found]
        return Difference("any of these", "; or ".join([f"({words})" for words in told]), "one of them")

    return differ


def _not(when: When) -> Matcher:
    matchers = compile_when(when)
    words = ", ".join(sorted(name.rstrip("_") for name in when.model_fields_set))

    def differ(call: Call) -> Difference | None:
        return None if differences(matchers, call) else Difference("what must not hold", f"so ({words})", "otherwise")

    return differ


# Any: each row takes the type of its own key of `When`, which pydantic has checked.
MATCHERS: Mapping[str, Callable[[Any], Matcher]] = {
    "operation": _operation,
    "path": _path,
    "wire": _wire,
    "state": _state,
    "model": _model,
    "stream": _stream,
    "last": _last,
    "assistant_turns": _assistant_turns,
    "text": _text,
    "system": _system,
    "tools": _tools,
    "tool_choice": _tool_choice,
    "tool_result": _tool_result,
    "headers": _headers,
    "key": _key,
    "body": _body,
    "body_schema": _body_schema,
    "all": _all,
    "any": _any,
    "not_": _not,
}
"""The key of `when` -> what compiles its value; in the order in which differences are looked for."""


def compile_when(when: When) -> tuple[Matcher, ...]:
    """The matchers of a `when`. Raises `ValueError` for a value that means nothing."""
    given = when.model_fields_set
    return tuple([make(getattr(when, key)) for key, make in MATCHERS.items() if key in given])


def differences(matchers: Sequence[Matcher], call: Call) -> list[Difference]:
    """Every reason why these matchers do not match the call; none means that they do."""
    return [found for matcher in matchers if (found := matcher(call)) is not None]


def matches(matchers: Sequence[Matcher], call: Call) -> bool:
    """Whether there is no difference. Stops at the first one."""
    for matcher in matchers:  # noqa: SIM110 - half the time of all() with a generator
        if matcher(call) is not None:
            return False
    return True
