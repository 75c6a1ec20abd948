"""Probes of failures: invalid bodies, wrong routes, broken rules, and statuses that need a credential."""

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
"""Document -> whether its route accepts a temperature between 1 and 2."""

CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}

Change = Mapping[str, Any]

WRONG_TYPES: tuple[Change, ...] = (
    {"messages": "Hello"},
    {"max_tokens": "many"},
    {"messages": [{"role": "captain", "content": "Hello"}]},
    {"messages": [{"role": "user", "content": 7}]},
    {"temperature": "hot"},
)
COERCED: tuple[Change, ...] = ({"model": 5}, {"stream": "yes"})
"""Values that common libraries turn into what was meant. Only our own documents speak against that."""

OUT_OF_RANGE: tuple[Change, ...] = (
    {"max_tokens": 0},
    {"temperature": 2.1},
    {"temperature": -0.1},
    {"top_p": 1.5},
    {"messages": []},
)


def _refused(client: Client, promise: str, operation: OperationSpec, body: Any) -> None:
    exchange = client.post(operation, body)
    client.expect(promise, exchange, *operation.refusals)


@probe("invalid-json")
def no_json(client: Client) -> None:
    """Send broken JSON, and JSON that is no object."""
    for operation in client.conversations(*MAIN):
        for body in (b'{"model": "qwen-7b", "messages": [', b"[]", b""):
            _refused(client, "invalid-json", operation, body)


@probe("missing-field")
def missing(client: Client) -> None:
    """Leave out each required field."""
    for operation in client.conversations(*MAIN):
        names = ["messages"] if operation.variant == "managed" or operation.is_any_gateways else ["messages", "model"]
        for name in [*names, *(["provider"] if operation.variant == "byok" else [])]:
            body = {key: value for key, value in client.body(operation).items() if key != name}
            _refused(client, "missing-field", operation, body)


@probe("wrong-type")
def wrong_types(client: Client) -> None:
    """Send fields of a wrong type."""
    for operation in client.conversations(*MAIN):
        for change in (*WRONG_TYPES, *(() if operation.is_any_gateways else COERCED)):
            _refused(client, "wrong-type", operation, client.body(operation) | dict(change))


@probe("out-of-range")
def out_of_range(client: Client) -> None:
    """Send numbers outside their range, and no messages."""
    for operation in client.conversations(*MAIN):
        for change in OUT_OF_RANGE:
            _refused(client, "out-of-range", operation, client.body(operation) | dict(change))


@probe("temperature-range")
def temperature(client: Client) -> None:
    """Send a temperature of 1.5, which only some routes accept."""
    for operation in client.document.conversations:
        if operation.variant != "managed" and operation.sources:
            high = HIGH_TEMPERATURE[operation.sources[0]]
            exchange = client.post(operation, client.body(operation, temperature=1.5))
            client.expect("temperature-range", exchange, 200 if high else operation.invalid_status)


@probe("tool-shape")
def other_shape(client: Client) -> None:
    """Send each wire's form of a tool to the other."""
    messages, chat = client.operation("messages"), client.operation("chat")
    for operation, other in ((messages, chat), (chat, messages), (client.operation("chat_byok"), messages)):
        offered = [tool(other, "get_weather", {"type": "object", "properties": {}})]
        _refused(client, "tool-shape", operation, client.body(operation, tools=offered))


@probe("tool-result-pairing")
def unpaired(client: Client) -> None:
    """Send a tool result without its tool call."""
    operation = client.operation("messages")
    result = [{"type": "tool_result", "tool_use_id": "toolu_nobody", "content": "4 degrees"}]
    request = {"role": "user", "content": "What is the weather?"}
    use = {"type": "tool_use", "id": "toolu_other", "name": "get_weather", "input": {}}
    for before in ([], [request, {"role": "assistant", "content": [use]}]):
        body = client.body(operation, messages=[*before, {"role": "user", "content": result}])
        _refused(client, "tool-result-pairing", operation, body)


@probe("max-tokens-limit", profiles=["smoke", "full"])
def too_long(client: Client) -> None:
    """Ask for more tokens than a model can write: 32,768 for qwen-coder-32b, 8,192 for Claude."""
    for name in ("messages", "chat"):
        operation = client.operation(name)
        for model, most in (("qwen-coder-32b", 32_768), ("claude-sonnet-4.5", 8_192)):
            exchange = client.post(operation, client.body(operation, model=model, max_tokens=most + 1))
            if client.target.model is not None and exchange.response.status in (403, 404):
                raise NotExaminable(f"the target does not serve {model} ({exchange.response.status})")
            if client.expect("max-tokens-limit", exchange, 200, 400) and exchange.response.status == 200:
                output = client.reply(exchange).output or 0
                client.check(
                    "max-tokens-limit", output <= most, f"{output} output tokens, the limit is {most}", exchange
                )


@probe("provider-unsupported")
def unknown_provider(client: Client) -> None:
    """Name a provider that does not exist."""
    operation = client.operation("chat_byok")
    exchange = client.post(operation, client.body(operation, provider="xyz"))
    if client.expect("provider-unsupported", exchange, 400):
        message = message_of(exchange.response.json)
        client.check(
            "provider-unsupported", "Unsupported provider: xyz" in message, f"the message is {message!r}", exchange
        )


def _rounds(operation: OperationSpec, rounds: int) -> list[Body]:
    messages: list[Body] = [{"role": "user", "content": "What is the weather?"}]
    for number in range(rounds):
        call = CALL | {"id": f"call_{number}"}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": "4 degrees"})
    return messages


@probe("max-iterations")
def too_many_rounds(client: Client) -> None:
    """Send more rounds of tool calls than max_iterations, with and without that field."""
    for name in ("chat_byok", "chat"):
        operation = client.operation(name)
        cases = ((2, 3), (None, 7)) if operation.variant == "byok" else ((2, 3),)  # only D4 names a default
        for most, rounds in cases:
            offered = [tool(operation, "get_weather", {"type": "object", "properties": {}})]
            body = client.body(operation, messages=_rounds(operation, rounds), tools=offered, max_iterations=most)
            exchange = client.post(operation, body)
            message = message_of(exchange.response.json)
            words = f"Maximum tool calling iterations ({most or 5}) exceeded" in message
            got = f"status {exchange.response.status}, message {message[:80]!r}"
            client.check("max-iterations", 400 <= exchange.response.status < 500 and words, got, exchange)


@probe("absent-routes")
def absent(client: Client) -> None:
    """Call the routes that D1 says do not exist."""
    for name in ("oauth_roles", "oauth_profile"):
        operation = client.operation(name)
        client.expect("absent-routes", client.get(operation, headers={"x-api-key": client.target.key}), 404)


WRONG_METHODS = {"messages": ("GET", "DELETE", "PUT"), "chat": ("GET", "PATCH"), "models": ("POST",)}


@probe("wrong-method")
def wrong_method(client: Client) -> None:
    """Send wrong methods to existing routes."""
    for operation in client.main(*WRONG_METHODS):
        for method in WRONG_METHODS[operation.name]:
            body = None if method in ("GET", "DELETE") else b"{}"
            request = SentRequest(method, operation.path, JSON_HEADERS, body)
            exchange = client.send(client.authorized(operation, request))
            client.expect("wrong-method", exchange, 405, 404)
            if exchange.response.status == 405:
                allow = exchange.response.header("allow") or ""
                client.check("wrong-method", operation.method in allow, f"405 with Allow {allow!r}", exchange)


# Statuses that need a credential


def _metered(client: Client) -> Iterator[OperationSpec]:
    yield from (operation for operation in client.conversations("messages", "chat") if operation.is_metered)


@probe("status-402")
def without_credits(client: Client) -> None:
    """Use the key of an account without credits."""
    key = client.credential("exhausted")
    for operation in _metered(client):
        for stream in (False, True):
            exchange = client.post(operation, client.body(operation, stream=stream), key=key, on_purpose=True)
            if client.expect("status-402", exchange, 402):
                code = code_of(exchange.response.json)
                client.check("status-402", code in (None, "insufficient_credits"), f"the code is {code!r}", exchange)


@probe("byok-not-metered", profiles=["smoke", "full"])
def byok_without_credits(client: Client) -> None:
    """Use the key of an account without credits on the BYOK route."""
    operation = client.operation("chat_byok")
    exchange = client.post(operation, client.body(operation), key=client.credential("empty"), on_purpose=True)
    client.expect("byok-not-metered", exchange, 200)


@probe("status-429", "retry-after-true", "retry-after")
def limited(client: Client) -> None:
    """Send requests until the key is limited, then one after the wait that the answer asks for."""
    operation, key = client.main()[0], client.credential("limited")
    for _ in range(4 if client.target.paid else 8):
        exchange = client.post(operation, client.body(operation), key=key, on_purpose=True)
        if exchange.response.status != 200:
            break
    client.expect("status-429", exchange, 429)
    wait = exchange.response.header("retry-after") or ""
    if exchange.response.status != 429 or not wait.isdigit():
        return
    if int(wait) > LONGEST_WAIT:
        raise NotExaminable(f"retry-after is {wait} s, more than this run waits ({LONGEST_WAIT} s)")
    client.wait(int(wait))
    client.expect("retry-after-true", client.post(operation, client.body(operation), key=key, on_purpose=True), 200)


@probe("status-500")
def failing(client: Client) -> None:
    """Use a key for which the gateway fails."""
    key = client.credential("failing")
    for operation in client.conversations("messages", "chat"):
        exchange = client.post(operation, client.body(operation), key=key, on_purpose=True)
        client.expect("status-500", exchange, 500)


@probe("cold-start")
def loading(client: Client) -> None:
    """Use a key for which the model is loading."""
    operation = client.operation("chat")
    exchange = client.post(operation, client.body(operation), key=client.credential("loading"), on_purpose=True)
    client.expect("cold-start", exchange, 502, 503)


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
