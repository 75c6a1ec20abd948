"""Scenes that ask for failures: wrong bodies, wrong routes, broken rules, and the statuses that need help."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.contracts.checks.failures import code_of, message_of
from mockserver.contracts.client import JSON_HEADERS, LONGEST_WAIT, Body, Client, NotExaminable
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.probe import probe
from mockserver.contracts.probes.conversation import tool

MAIN = ("messages", "chat", "chat_byok")
HIGH_TEMPERATURE = {"D0": True, "D1": True, "D2": True, "D3": False, "D4": False}
"""Whether the route of a document takes a temperature between 1 and 2."""

CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}

Change = Mapping[str, Any]

WRONG_TYPES: tuple[Change, ...] = (
    {"messages": "Hello"},
    {"model": 5},
    {"max_tokens": "many"},
    {"stream": "yes"},
    {"messages": [{"role": "captain", "content": "Hello"}]},
    {"messages": [{"role": "user", "content": 7}]},
    {"temperature": "hot"},
)
OUT_OF_RANGE: tuple[Change, ...] = (
    {"max_tokens": 0},
    {"temperature": 2.1},
    {"temperature": -0.1},
    {"top_p": 1.5},
    {"messages": []},
)


def _refused(talk: Client, promise: str, operation: OperationSpec, body: Any) -> None:
    exchange = talk.post(operation, body)
    talk.expect(promise, exchange, operation.invalid_status)


@probe("invalid-json")
def no_json(talk: Client) -> None:
    """Broken JSON, and JSON that is no object."""
    for operation in talk.conversations(*MAIN):
        for body in (b'{"model": "qwen-7b", "messages": [', b"[]", b""):
            _refused(talk, "invalid-json", operation, body)


@probe("missing-field")
def missing(talk: Client) -> None:
    """Each required field, left out."""
    for operation in talk.conversations(*MAIN):
        names = ["messages"] if operation.variant == "managed" else ["messages", "model"]
        for name in [*names, *(["provider"] if operation.variant == "byok" else [])]:
            body = {key: value for key, value in talk.say(operation).items() if key != name}
            _refused(talk, "missing-field", operation, body)


@probe("wrong-type")
def wrong_types(talk: Client) -> None:
    """Fields of the wrong kind."""
    for operation in talk.conversations(*MAIN):
        for change in WRONG_TYPES:
            _refused(talk, "wrong-type", operation, talk.say(operation) | dict(change))


@probe("out-of-range")
def out_of_range(talk: Client) -> None:
    """Numbers beyond their range, and no messages."""
    for operation in talk.conversations(*MAIN):
        for change in OUT_OF_RANGE:
            _refused(talk, "out-of-range", operation, talk.say(operation) | dict(change))


@probe("temperature-range")
def temperature(talk: Client) -> None:
    """1.5 is good on some routes, and not on others."""
    for operation in talk.document.conversations:
        if operation.variant != "managed":
            high = HIGH_TEMPERATURE[operation.sources[0]]
            exchange = talk.post(operation, talk.say(operation, temperature=1.5))
            talk.expect("temperature-range", exchange, 200 if high else operation.invalid_status)


@probe("tool-shape")
def other_shape(talk: Client) -> None:
    """Each wire's tools on the other."""
    messages, chat = talk.operation("messages"), talk.operation("chat")
    for operation, other in ((messages, chat), (chat, messages), (talk.operation("chat_byok"), messages)):
        offered = [tool(other, "get_weather", {"type": "object", "properties": {}})]
        _refused(talk, "tool-shape", operation, talk.say(operation, tools=offered))


@probe("tool-result-pairing")
def unpaired(talk: Client) -> None:
    """A result that answers nothing."""
    operation = talk.operation("messages")
    result = [{"type": "tool_result", "tool_use_id": "toolu_nobody", "content": "4 degrees"}]
    asked = {"role": "user", "content": "What is the weather?"}
    use = {"type": "tool_use", "id": "toolu_other", "name": "get_weather", "input": {}}
    for before in ([], [asked, {"role": "assistant", "content": [use]}]):
        body = talk.say(operation, messages=[*before, {"role": "user", "content": result}])
        _refused(talk, "tool-result-pairing", operation, body)


@probe("max-tokens-limit", profiles=["smoke", "full"])
def too_long(talk: Client) -> None:
    """qwen-coder-32b writes 32,768 tokens, Claude 8,192."""
    for name in ("messages", "chat"):
        operation = talk.operation(name)
        for model, most in (("qwen-coder-32b", 32_768), ("claude-sonnet-4.5", 8_192)):
            exchange = talk.post(operation, talk.say(operation, model=model, max_tokens=most + 1))
            talk.expect("max-tokens-limit", exchange, 400)


@probe("provider-unsupported")
def unknown_provider(talk: Client) -> None:
    """Xyz is no provider."""
    operation = talk.operation("chat_byok")
    exchange = talk.post(operation, talk.say(operation, provider="xyz"))
    if talk.expect("provider-unsupported", exchange, 400):
        said = message_of(exchange.answer.json)
        talk.check("provider-unsupported", "Unsupported provider: xyz" in said, f"the message is {said!r}", exchange)


def _rounds(operation: OperationSpec, rounds: int) -> list[Body]:
    messages: list[Body] = [{"role": "user", "content": "What is the weather?"}]
    for number in range(rounds):
        call = CALL | {"id": f"call_{number}"}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": "4 degrees"})
    return messages


@probe("max-iterations")
def too_many_rounds(talk: Client) -> None:
    """More rounds of tool calls than max_iterations, given and by default."""
    for name in ("chat_byok", "chat"):
        operation = talk.operation(name)
        cases = ((2, 3), (None, 7)) if operation.variant == "byok" else ((2, 3),)  # only D4 names a default
        for most, rounds in cases:
            offered = [tool(operation, "get_weather", {"type": "object", "properties": {}})]
            body = talk.say(operation, messages=_rounds(operation, rounds), tools=offered, max_iterations=most)
            exchange = talk.post(operation, body)
            said = message_of(exchange.answer.json)
            words = f"Maximum tool calling iterations ({most or 5}) exceeded" in said
            got = f"status {exchange.answer.status}, message {said[:80]!r}"
            talk.check("max-iterations", 400 <= exchange.answer.status < 500 and words, got, exchange)


@probe("absent-routes")
def absent(talk: Client) -> None:
    """What D1 says does not exist."""
    for name in ("oauth_roles", "oauth_profile"):
        operation = talk.operation(name)
        talk.expect("absent-routes", talk.get(operation, headers={"x-api-key": talk.target.key}), 404)


@probe("wrong-method")
def wrong_method(talk: Client) -> None:
    """GET where POST belongs, and the like."""
    for name, methods in (("messages", ("GET", "DELETE", "PUT")), ("chat", ("GET", "PATCH")), ("models", ("POST",))):
        operation = talk.operation(name)
        for method in methods:
            body = None if method in ("GET", "DELETE") else b"{}"
            asked = SentRequest(method, operation.path, JSON_HEADERS | talk.credential(operation), body)
            exchange = talk.send(asked)
            talk.expect("wrong-method", exchange, 405, 404)
            if exchange.answer.status == 405:
                allow = exchange.answer.header("allow") or ""
                talk.check("wrong-method", operation.method in allow, f"405 with Allow {allow!r}", exchange)


# What needs help


def _metered(talk: Client) -> Iterator[OperationSpec]:
    yield from (one for one in talk.conversations("messages", "chat") if one.is_metered)


@probe("status-402")
def without_credits(talk: Client) -> None:
    """An account that has nothing left."""
    key = talk.aid("exhausted")
    for operation in _metered(talk):
        for stream in (False, True):
            exchange = talk.post(operation, talk.say(operation, stream=stream), key=key, on_purpose=True)
            if talk.expect("status-402", exchange, 402):
                code = code_of(exchange.answer.json)
                talk.check("status-402", code in (None, "insufficient_credits"), f"the code is {code!r}", exchange)


@probe("byok-not-metered", profiles=["smoke", "full"])
def byok_without_credits(talk: Client) -> None:
    """BYOK is not charged."""
    operation = talk.operation("chat_byok")
    exchange = talk.post(operation, talk.say(operation), key=talk.aid("empty"), on_purpose=True)
    talk.expect("byok-not-metered", exchange, 200)


@probe("status-429", "retry-after-true", "retry-after")
def limited(talk: Client) -> None:
    """Requests until the window is used up; then one after the wait that the answer asks for."""
    operation, key = talk.operation("messages"), talk.aid("limited")
    for _ in range(4 if talk.target.paid else 8):
        exchange = talk.post(operation, talk.say(operation), key=key, on_purpose=True)
        if exchange.answer.status != 200:
            break
    talk.expect("status-429", exchange, 429)
    wait = exchange.answer.header("retry-after") or ""
    if exchange.answer.status != 429 or not wait.isdigit():
        return
    if int(wait) > LONGEST_WAIT:
        raise NotExaminable(f"retry-after is {wait} s, more than this run waits ({LONGEST_WAIT} s)")
    talk.wait(int(wait))
    talk.expect("retry-after-true", talk.post(operation, talk.say(operation), key=key, on_purpose=True), 200)


@probe("status-500")
def failing(talk: Client) -> None:
    """A gateway with a fault."""
    key = talk.aid("failing")
    for operation in talk.conversations("messages", "chat"):
        exchange = talk.post(operation, talk.say(operation), key=key, on_purpose=True)
        talk.expect("status-500", exchange, 500)


@probe("cold-start")
def loading(talk: Client) -> None:
    """A model that is not ready."""
    operation = talk.operation("chat")
    exchange = talk.post(operation, talk.say(operation), key=talk.aid("loading"), on_purpose=True)
    talk.expect("cold-start", exchange, 502, 503)


PROBES = (
    no_json,
    missing,
    wrong_types,
    out_of_range,
    temperature,
    other_shape,
    unpaired,
    too_long,
    unknown_provider,
    too_many_rounds,
    absent,
    wrong_method,
    without_credits,
    byok_without_credits,
    limited,
    failing,
    loading,
)
