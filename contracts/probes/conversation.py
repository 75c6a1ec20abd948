"""Scenes with a model: whole and streamed, tools, limits, counting, several at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from mockserver.contracts.client import Body, Client, NotExaminable
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import CheckedExchange, count_of, dig, items
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
    """A tool in the shape of the operation's wire."""
    about = f"The {name.removeprefix('get_')} somewhere"
    if operation.wire == "anthropic":
        return {"name": name, "description": about, "input_schema": schema}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": schema}}


def choice(operation: OperationSpec, word: str, name: str = "") -> Any:
    """tool_choice on the operation's wire: auto, none, required, or the name of a tool."""
    if operation.wire == "anthropic":
        return {"type": "tool", "name": name} if name else {"type": {"required": "any"}.get(word, word)}
    return {"type": "function", "function": {"name": name}} if name else word


def tools(operation: OperationSpec) -> list[Body]:
    """Two tools; the one that is forced is not the first."""
    return [tool(operation, "get_time", CLOCK), tool(operation, "get_weather", WEATHER)]


@probe("examples-accepted", "default-max-tokens")
def plain_answers(talk: Client) -> None:
    """Every route answers the least that a request may be, and what the documents show."""
    for operation in talk.document.conversations:
        whole = talk.post(operation, talk.say(operation))
        talk.expect("examples-accepted", whole, 200)
        if not talk.target.paid:
            least = talk.say(operation, max_tokens=None)
            talk.expect("default-max-tokens", talk.post(operation, least), 200)


@probe("examples-accepted", profiles=["full"])
def documented_examples(talk: Client) -> None:
    """Every example of every operation that takes a JSON body."""
    for operation in talk.document.operations.values():
        if operation.wire == "json":
            continue
        for name, body in operation.examples.items():
            if name not in ("unsupported_provider", "max_iterations_exceeded"):
                talk.expect("examples-accepted", talk.post(operation, body), 200)


def _same(talk: Client, whole: ObservedReply, streamed: ObservedReply, exchange: CheckedExchange, steady: bool) -> None:
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
    for what, one, other in pairs:
        got = f"{what}: whole {str(one)[:80]!r}, streamed {str(other)[:80]!r}"
        talk.check("stream-same-as-whole", one == other, got, exchange)


@probe("stream-same-as-whole", "chat-usage-chunk", "stream-as-asked")
def streams(talk: Client) -> None:
    """Whole, whole again (does it say the same twice?), streamed."""
    for operation in talk.conversations(*MAIN):
        key = talk.target.aids.get("steady")
        body = talk.say(operation, "Answer with the one word hello.")
        first = talk.post(operation, body, key=key)
        again = first if talk.target.paid else talk.post(operation, body, key=key)
        plain = talk.post(operation, body | {"stream": True}, key=key)
        if operation.variant == "byok" and plain.answer.status == 400:
            continue  # D4 at its word: streaming is a thing of the future there
        options = {"stream": True, "stream_options": {"include_usage": True}}
        counted = talk.post(operation, body | options, key=key) if operation.wire == "openai" else plain
        steady = not talk.target.paid and talk.reply(first).text == talk.reply(again).text
        for streamed in {id(plain): plain, id(counted): counted}.values():
            _same(talk, talk.reply(first), talk.reply(streamed), streamed, steady)


@probe("tool-forced", "tool-arguments", "tools-as-offered", "stream-same-as-whole", "tool-round-trip")
def tool_use(talk: Client) -> None:
    """Forced, required, forbidden; streamed too; and the way back."""
    for operation in talk.conversations(*MAIN):
        offered = talk.say(operation, QUESTION, tools=tools(operation))
        forced = offered | {"tool_choice": choice(operation, "", "get_weather")}
        first = talk.post(operation, forced)
        streamed = talk.post(operation, forced | {"stream": True})
        reply = talk.reply(first)
        if streamed.answer.status == 200:
            _same(talk, reply, talk.reply(streamed), streamed, steady=False)
        if not talk.target.paid:
            for word in ("required", "none", "auto"):
                talk.post(operation, offered | {"tool_choice": choice(operation, word)})
                talk.post(operation, offered | {"tool_choice": choice(operation, word), "stream": True})
        _round_trip(talk, operation, offered, reply)


def _round_trip(talk: Client, operation: OperationSpec, offered: Body, reply: ObservedReply) -> None:
    if not reply.calls:
        raise NotExaminable("no tool was called, so there is no result to send back")
    final = talk.post(operation, offered | _returned(operation, offered, reply))
    if talk.expect("tool-round-trip", final, 200):
        answer = talk.reply(final)
        ended = answer.ended == "end" and not answer.calls and bool(answer.text)
        talk.check("tool-round-trip", ended, f"stop {answer.stop!r}, text {answer.text[:40]!r}", final)


def _returned(operation: OperationSpec, offered: Body, reply: ObservedReply) -> Body:
    """The conversation with the calls and a result for each; no further call is allowed."""
    said = offered["messages"]
    forbidden = {"tool_choice": choice(operation, "none")}
    if operation.wire == "anthropic":
        uses = [{"type": "tool_use", "id": one.id, "name": one.name, "input": one.arguments} for one in reply.calls]
        results = [{"type": "tool_result", "tool_use_id": one.id, "content": "4 degrees, rain"} for one in reply.calls]
        return forbidden | {
            "messages": [*said, {"role": "assistant", "content": uses}, {"role": "user", "content": results}]
        }
    calls = [
        {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": json.dumps(one.arguments)}}
        for one in reply.calls
    ]
    back = [{"role": "tool", "tool_call_id": one.id, "content": "4 degrees, rain"} for one in reply.calls]
    return forbidden | {"messages": [*said, {"role": "assistant", "content": None, "tool_calls": calls}, *back]}


@probe("max-tokens-cut", "max-tokens-kept")
def cut_short(talk: Client) -> None:
    """An answer that does not fit, whole and streamed."""
    for operation in talk.conversations(*MAIN):
        for stream in (False, True):
            exchange = talk.post(operation, talk.say(operation, COUNT, max_tokens=2, stream=stream))
            if exchange.answer.status == 200:
                reply = talk.reply(exchange)
                talk.check("max-tokens-cut", reply.ended == "length", f"max_tokens 2, stop {reply.stop!r}", exchange)


@probe("tools-unsupported", profiles=["smoke", "full"])
def models_without_tools(talk: Client) -> None:
    """Gemma and deepseek-r1 answer in words."""
    for operation in talk.conversations("messages", "chat"):
        if operation.variant != "plain" and operation.wire == "openai":
            continue
        for model in ("gemma-2b", "deepseek-r1"):
            exchange = talk.post(operation, talk.say(operation, QUESTION, model=model, tools=tools(operation)))
            if exchange.answer.status == 200:
                called = [call.name for call in talk.reply(exchange).calls]
                talk.check("tools-unsupported", not called, f"{model} calls {', '.join(called)}", exchange)


@probe("stop-sequence-kept", profiles=["full"])
def stop_sequences(talk: Client) -> None:
    """A stop sequence that an answer in words can hardly avoid."""
    operation = talk.operation("messages")
    for stream in (False, True):
        talk.post(operation, talk.say(operation, COUNT, stop_sequences=[" "], stream=stream))


@probe("count-tokens")
def counting(talk: Client) -> None:
    """A short and a long text."""
    operation = talk.operation("count_tokens")
    counts = []
    for text in ("Hi.", "The quick brown fox jumps over the lazy dog. " * 20):
        exchange = talk.post(operation, talk.say(operation, text, max_tokens=None))
        if exchange.answer.status == 404:
            raise NotExaminable("the gateway does not count tokens (404)")
        talk.expect("count-tokens", exchange, 200)
        counts.append(count_of(dig(exchange.answer.json, "input_tokens")) or 0)
    talk.check("count-tokens", 0 < counts[0] < counts[1], f"counted {counts[0]} and {counts[1]}", exchange)


@probe("models-listed")
def catalogue(talk: Client) -> None:
    """List, then look up."""
    listing = talk.get(talk.operation("models"))
    talk.expect("models-listed", listing, 200)
    ids = [str(dig(one, "id")) for one in items(dig(listing.answer.json, "data"))]
    talk.check("models-listed", bool(ids) and len(set(ids)) == len(ids), f"{len(ids)} models listed", listing)
    one = talk.operation("model")
    for id in [*ids[:1], *[id for id in ids if "/" in id][:1]]:
        found = talk.get(one, model_id=quote(id, safe=""))
        same = dig(found.answer.json, "id") == id
        talk.check("models-listed", found.answer.status == 200 and same, f"{id}: status {found.answer.status}", found)


@probe("concurrency")
def at_once(talk: Client) -> None:
    """Several requests at the same time, told apart by their models, whole and streamed."""
    models = ["qwen-coder-32b", "qwen-7b", "llama-3.3-8b-instruct", "llama-3.3-70b-instruct"]
    operations = [talk.operation("messages"), talk.operation("chat")]
    waiting = []
    with ThreadPoolExecutor(len(models)) as pool:
        for round in range(1 if talk.target.paid else 3):
            for number, model in enumerate(models):
                operation = operations[(number + round) % 2]
                body = talk.say(operation, f"Say {model}.", model=model, stream=number >= 2)
                waiting.append((model, pool.submit(talk.post, operation, body, judged=False)))
        exchanges = [(model, one.result()) for model, one in waiting]
    for model, exchange in exchanges:
        talk.record(exchange)
        if talk.expect("concurrency", exchange, 200):
            got = talk.reply(exchange).model
            talk.check("concurrency", got == model, f"asked {model}, got the answer of {got}", exchange)


PROBES = (
    plain_answers,
    documented_examples,
    streams,
    tool_use,
    cut_short,
    models_without_tools,
    stop_sequences,
    counting,
    catalogue,
    at_once,
)
