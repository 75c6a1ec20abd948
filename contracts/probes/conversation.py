"""Probes of a model: whole and streamed answers, tools, limits, counting, several requests at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from mockserver.contracts.client import DEFAULT_MODEL, Body, Client, NotExaminable, NotOffered
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import CheckedExchange, Json, count_of, dig, items
from mockserver.contracts.probe import probe
from mockserver.contracts.reply import ObservedReply

MAIN = ("messages", "chat", "chat_byok")
COUNT = "Count from one to fifty in words."
WEATHER: Body = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 1}, "unit": {"enum": ["celsius", "fahrenheit"]}},
    "required": ["city", "unit"],
}
CLOCK: Body = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
QUESTION = "Call get_weather for Oslo, in celsius."


def tool(operation: OperationSpec, name: str, schema: Body) -> Body:
    """Return a tool in the form of the operation's wire."""
    about = f"The {name.removeprefix('get_')} somewhere"
    if operation.wire == "anthropic":
        return {"name": name, "description": about, "input_schema": schema}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": schema}}


def choice(operation: OperationSpec, word: str, name: str = "") -> Any:
    """Return tool_choice in the form of the operation's wire: a word, or the name of a tool."""
    if operation.wire == "anthropic":
        return {"type": "tool", "name": name} if name else {"type": {"required": "any"}.get(word, word)}
    return {"type": "function", "function": {"name": name}} if name else word


def tools(operation: OperationSpec) -> list[Body]:
    """Return two tools. The forced one is not the first, so that choosing the first is a mistake."""
    return [tool(operation, "get_time", CLOCK), tool(operation, "get_weather", WEATHER)]


@probe("examples-accepted", "default-max-tokens")
def plain_answers(client: Client) -> None:
    """Send the smallest valid request to every route, with and without max_tokens."""
    for operation in client.document.conversations:
        whole = client.post(operation, client.body(operation))
        client.expect("examples-accepted", whole, 200)
        if not client.target.paid and not operation.is_any_gateways:
            least = client.body(operation, max_tokens=None)
            client.expect("default-max-tokens", client.post(operation, least), 200)


@probe("sdk-requests")
def newest_requests(client: Client) -> None:
    """Send what only newer SDKs send: messages of role system, blocks of a server's tools, and nulls."""
    operation = client.operation("messages")
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "weather"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    hello, again = {"role": "user", "content": "Say hello."}, {"role": "user", "content": "Say it again."}
    for messages in (
        [hello, {"role": "system", "content": "Be brief."}],
        [hello, {"role": "assistant", "content": [search, found, {"type": "text", "text": "Hello."}]}, again],
    ):
        client.expect("sdk-requests", client.post(operation, client.body(operation, messages=messages)), 200)
    chat = client.operation("chat")
    unset = client.body(chat) | {"user": None, "tool_choice": None, "parallel_tool_calls": None}
    client.expect("sdk-requests", client.post(chat, unset), 200)


@probe("examples-accepted", profiles=["full"])
def documented_examples(client: Client) -> None:
    """Send every example of every operation that a model answers."""
    for operation in client.document.operations.values():
        if operation.wire == "json" or (operation.is_any_gateways and not operation.is_conversation):
            continue
        for name, body in operation.examples.items():
            if name not in ("unsupported_provider", "max_iterations_exceeded"):
                client.expect("examples-accepted", client.post(operation, client.with_model(body)), 200)


def _compare(
    client: Client, whole: ObservedReply, streamed: ObservedReply, exchange: CheckedExchange, steady: bool
) -> None:
    def kinds(reply: ObservedReply) -> list[str]:
        return [f"{block.kind} {block.name}".strip() for block in reply.blocks]

    pairs: list[tuple[str, object, object]] = [
        ("blocks", kinds(whole), kinds(streamed)),
        ("stop reason", whole.stop, streamed.stop),
    ]
    if streamed.input is not None:
        pairs.append(("input tokens", whole.input, streamed.input))
    if steady:
        pairs.append(("text", whole.text, streamed.text))
        pairs.append(("arguments", [b.arguments for b in whole.calls], [b.arguments for b in streamed.calls]))
        if streamed.output is not None:
            pairs.append(("output tokens", whole.output, streamed.output))
    for what, in_whole, in_stream in pairs:
        got = f"{what}: whole {str(in_whole)[:80]!r}, streamed {str(in_stream)[:80]!r}"
        client.check("stream-same-as-whole", in_whole == in_stream, got, exchange)


@probe("stream-same-as-whole", "chat-usage-chunk", "stream-as-asked")
def streams(client: Client) -> None:
    """Send a request twice whole and once streamed, and compare the answers."""
    for operation in client.conversations(*MAIN, needs="streaming"):
        key = client.target.credentials.get("steady")
        body = client.body(operation, "Answer with the one word hello.")
        first = client.post(operation, body, key=key)
        again = first if client.target.paid else client.post(operation, body, key=key)
        plain = client.post(operation, body | {"stream": True}, key=key)
        if operation.variant == "byok" and plain.response.status == 400:
            continue  # D4 announces streaming for later, so a refusal is correct
        options = {"stream": True, "stream_options": {"include_usage": True}}
        counts = operation.wire == "openai" and "usage chunk" not in operation.lacking
        counted = client.post(operation, body | options, key=key) if counts else plain
        steady = not client.target.paid and client.reply(first).text == client.reply(again).text
        for streamed in {id(plain): plain, id(counted): counted}.values():
            _compare(client, client.reply(first), client.reply(streamed), streamed, steady)


@probe("tool-forced", "tool-arguments", "tools-as-offered", "stream-same-as-whole", "tool-round-trip")
def tool_use(client: Client) -> None:
    """Send requests that force, require, forbid and allow tools, whole and streamed, then send a result."""
    for operation in client.conversations(*MAIN, needs="tools"):
        offered = client.body(operation, QUESTION, tools=tools(operation))
        forced = offered | {"tool_choice": choice(operation, "", "get_weather")}
        reply = client.reply(client.post(operation, forced))
        for stream in operation.ways[1:]:
            streamed = client.post(operation, forced | {"stream": stream})
            if streamed.response.status == 200:
                _compare(client, reply, client.reply(streamed), streamed, steady=False)
        for word in () if client.target.paid else ("required", "none", "auto"):
            for stream in operation.ways:
                client.post(operation, offered | {"tool_choice": choice(operation, word), "stream": stream})
        _round_trip(client, operation, offered, reply)


@probe("json-as-asked")
def structured(client: Client) -> None:
    """Ask for JSON that satisfies a schema, whole and streamed."""
    schema = WEATHER | {"additionalProperties": False}
    forms: dict[str, Body] = {
        "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": schema}}},
        "openai": {"response_format": {"type": "json_schema", "json_schema": {"name": "weather", "schema": schema}}},
    }
    for operation in client.conversations(*MAIN, needs="structured output"):
        body = client.body(operation, "The weather in Oslo?", **forms[operation.wire])
        for stream in operation.ways:
            client.expect("json-as-asked", client.post(operation, body | {"stream": stream}), 200)


def _round_trip(client: Client, operation: OperationSpec, offered: Body, reply: ObservedReply) -> None:
    if not reply.calls:
        raise NotExaminable("no tool was called, so there is no result to send back")
    final = client.post(operation, offered | _returned(operation, offered, reply))
    if client.expect("tool-round-trip", final, 200):
        response = client.reply(final)
        ended = response.ended == "end" and not response.calls and bool(response.text)
        client.check("tool-round-trip", ended, f"stop {response.stop!r}, text {response.text[:40]!r}", final)


def _returned(operation: OperationSpec, offered: Body, reply: ObservedReply) -> Body:
    """Return the conversation with the calls and a result for each. tool_choice none forbids a further call."""
    messages = offered["messages"]
    forbidden = {"tool_choice": choice(operation, "none")}
    if operation.wire == "anthropic":
        uses = [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in reply.calls]
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": "4 degrees, rain"} for call in reply.calls
        ]
        return forbidden | {
            "messages": [*messages, {"role": "assistant", "content": uses}, {"role": "user", "content": results}]
        }
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
        for call in reply.calls
    ]
    back = [{"role": "tool", "tool_call_id": call.id, "content": "4 degrees, rain"} for call in reply.calls]
    return forbidden | {"messages": [*messages, {"role": "assistant", "content": None, "tool_calls": calls}, *back]}


@probe("thinking-accepted", "messages-thinking", profiles=["smoke", "full"])
def thinking(client: Client) -> None:
    """Ask for thinking on both wires, then send what came back."""
    for operation in client.conversations("chat", "messages", needs="thinking"):
        if operation.wire == "openai":
            client.expect(
                "thinking-accepted", client.post(operation, client.body(operation, reasoning_effort="low")), 200
            )
    operation = client.main("messages", needs="thinking")[0]
    config = {"type": "enabled", "budget_tokens": 1024}
    body = client.body(operation, QUESTION, tools=tools(operation), max_tokens=2048, thinking=config)
    client.post(operation, body | {"stream": True})
    first = client.post(operation, body)
    if client.expect("thinking-accepted", first, 200):
        content = items(dig(first.response.json, "content"))
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": "4 degrees, rain"}
            for call in client.reply(first).calls
        ]
        said = [{"role": "assistant", "content": content}, {"role": "user", "content": results or "Go on."}]
        client.expect("thinking-accepted", client.post(operation, body | {"messages": [*body["messages"], *said]}), 200)


@probe("max-tokens-cut", "max-tokens-kept")
def cut_short(client: Client) -> None:
    """Ask for more than fits into max_tokens, whole and streamed."""
    for operation in client.conversations(*MAIN):
        for stream in operation.ways:
            exchange = client.post(operation, client.body(operation, COUNT, max_tokens=2, stream=stream))
            if exchange.response.status == 200:
                reply = client.reply(exchange)
                client.check("max-tokens-cut", reply.ended == "length", f"max_tokens 2, stop {reply.stop!r}", exchange)


@probe("tools-unsupported", profiles=["smoke", "full"])
def models_without_tools(client: Client) -> None:
    """Offer tools to the gemma and deepseek-r1 models."""
    for operation in client.conversations("messages", "chat"):
        if operation.variant != "plain" and operation.wire == "openai":
            continue
        for model in ("gemma-2b", "deepseek-r1"):
            exchange = client.post(operation, client.body(operation, QUESTION, model=model, tools=tools(operation)))
            if exchange.response.status == 200:
                called = [call.name for call in client.reply(exchange).calls]
                client.check("tools-unsupported", not called, f"{model} calls {', '.join(called)}", exchange)


@probe("stop-sequence-kept", profiles=["full"])
def stop_sequences(client: Client) -> None:
    """Send a stop sequence that an answer in words can hardly avoid."""
    operation = client.operation("messages")
    for stream in operation.ways:
        client.post(operation, client.body(operation, COUNT, stop_sequences=[" "], stream=stream))


@probe("count-tokens")
def counting(client: Client) -> None:
    """Count the tokens of a short and a long text."""
    operation = client.operation("count_tokens")
    counts = []
    for text in ("Hi.", "The quick brown fox jumps over the lazy dog. " * 20):
        exchange = client.post(operation, client.body(operation, text, max_tokens=None))
        if exchange.response.status == 404:
            raise NotOffered("the gateway does not count tokens (404)")
        client.expect("count-tokens", exchange, 200)
        counts.append(count_of(dig(exchange.response.json, "input_tokens")) or 0)
    client.check("count-tokens", 0 < counts[0] < counts[1], f"counted {counts[0]} and {counts[1]}", exchange)


@probe("models-listed")
def catalogue(client: Client) -> None:
    """List the models, then look up some of them."""
    listing = client.get(client.operation("models"))
    client.expect("models-listed", listing, 200)
    ids = [str(dig(lookup, "id")) for lookup in items(dig(listing.response.json, "data"))]
    client.check("models-listed", bool(ids) and len(set(ids)) == len(ids), f"{len(ids)} models listed", listing)
    lookup = client.operation("model")
    for id in [*ids[:1], *[id for id in ids if "/" in id][:1]]:
        answer = client.get(lookup, model_id=quote(id, safe=""))
        status, same = answer.response.status, dig(answer.response.json, "id") == id
        if lookup.is_any_gateways and status in (404, 405):
            break  # many gateways list their models, and look none up
        client.check("models-listed", status == 200 and same, f"{id}: status {status}", answer)


AT_ONCE = ("qwen-coder-32b", "qwen-7b", "llama-3.3-8b-instruct", "llama-3.3-70b-instruct")
"""Models to ask for at the same time, as far as the target lists them."""


@probe("concurrency")
def at_once(client: Client) -> None:
    """Send several requests at the same time, each for another model, or for another tool if there is one model."""
    models, operations = _models(client), client.main()
    waiting = []
    with ThreadPoolExecutor(len(AT_ONCE)) as pool:
        for round in range(1 if client.target.paid else 3):
            for number in range(len(AT_ONCE)):
                model, operation = models[number % len(models)], operations[(number + round) % len(operations)]
                fields = _told_apart(operation, number) if len(models) == 1 else {}
                stream = number >= 2 and operation.ways[-1]
                body = client.body(operation, f"Say {number}.", stream=stream, **model, **fields)
                waiting.append((number, model, pool.submit(client.post, operation, body, checked=False)))
        exchanges = [(number, model, future.result()) for number, model, future in waiting]
    for number, model, exchange in exchanges:
        client.record(exchange)
        if client.expect("concurrency", exchange, 200):
            reply = client.reply(exchange)
            own = not model or reply.model == model["model"]
            client.check("concurrency", own, f"asked {model}, got the answer of {reply.model}", exchange)
            called = [call.name for call in reply.calls if len(models) == 1]
            is_own = called in ([], [f"answer_{number}"])
            client.check("concurrency", is_own, f"asked for answer_{number}, got the answer with {called}", exchange)


def _models(client: Client) -> list[Body]:
    """Return the fields that ask for a model: the one of --model, those of `AT_ONCE` that are listed, or the default.

    Any gateway may give its models other names in its answers, so they do not tell those apart.
    """
    if client.document.scope == "wire":
        return [{}]
    if client.target.model is not None:
        return [{"model": client.target.model}]
    listed: list[Json] = []
    if client.has("models"):
        listed = items(dig(client.get(client.operation("models")).response.json, "data"))
    ids = [dig(model, "id") for model in listed]
    return [{"model": model} for model in AT_ONCE if model in ids] or [{"model": DEFAULT_MODEL}]


def _told_apart(operation: OperationSpec, number: int) -> Body:
    """Return fields that force the call of a tool that no other request offers; none if the target has no tools."""
    if "tools" in operation.lacking:
        return {}
    name = f"answer_{number}"
    return {"tools": [tool(operation, name, CLOCK)], "tool_choice": choice(operation, "", name)}


PROBES = (
    plain_answers,
    newest_requests,
    documented_examples,
    streams,
    tool_use,
    thinking,
    structured,
    cut_short,
    models_without_tools,
    stop_sequences,
    counting,
    catalogue,
    at_once,
)
