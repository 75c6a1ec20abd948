"""Checks that an answer agrees with itself and with its request: arithmetic, names, limits, tools."""

import json
from collections.abc import Iterator, Mapping

import jsonschema_rs

from mockserver.contracts.check import ExchangeView, check, is_chat_stream, is_ok
from mockserver.contracts.exchange import Json, count_of, dig, items
from mockserver.contracts.reply import STOPS, ObservedReply, read_reply

DAY = 86_400.0
CHARACTERS_PER_TOKEN = 40
"""No tokenizer makes longer tokens on average, so this bounds the text that max_tokens allows."""
TOKENS_PER_BYTE = 4
"""No tokenizer makes more tokens from a byte of a request, including the tokens around the messages."""


def reply_of(view: ExchangeView) -> ObservedReply:
    """Return the model's reply. Raises `ValueError` if the answer has none."""
    assert view.operation is not None
    reply = read_reply(view.operation.wire, view.exchange.response)
    if reply is None:
        raise ValueError("no reply of a model can be read from it")
    return reply


def _complete(view: ExchangeView) -> bool:
    """Return whether the answer is a 200 with a reply that can be read.

    Other answers break their schema or body-complete; one deviation is enough.
    """
    response, operation = view.exchange.response, view.operation
    if operation is None or not is_ok(view) or view.exchange.broken_on_purpose or response.ended != "complete":
        return False
    return read_reply(operation.wire, response) is not None


def _whole(view: ExchangeView) -> bool:
    return _complete(view) and not view.exchange.response.is_stream


def requested(view: ExchangeView, *path: str | int) -> Json:
    """Return a value of the request's body."""
    return dig(view.exchange.request.json, *path)


def tools_of(body: Json) -> dict[str, Json]:
    """Return the offered tools of either wire: name -> schema of the arguments."""
    schemas: dict[str, Json] = {}
    for tool in items(dig(body, "tools")):
        name = dig(tool, "function", "name") or dig(tool, "name")
        if isinstance(name, str):
            schemas[name] = dig(tool, "function", "parameters") or dig(tool, "input_schema")
    return schemas


def asked_schema(body: Json) -> Mapping[str, Json] | None:
    """Return the schema that a request of either wire asks for; None if it asks for none."""
    is_chat = dig(body, "response_format", "type") == "json_schema"
    asked = dig(body, "response_format", "json_schema") if is_chat else dig(body, "output_config", "format")
    schema = dig(asked, "schema")
    return schema if isinstance(schema, dict) else None


def forced_tool(body: Json) -> tuple[bool, str | None]:
    """Return whether tool_choice demands a call, and of which tool. Without tools nothing can be called."""
    if not tools_of(body):
        return False, None
    choice = dig(body, "tool_choice")
    if choice in ("required",) or dig(choice, "type") == "any":
        return True, None
    name = dig(choice, "name") or dig(choice, "function", "name")
    return (True, name) if isinstance(name, str) else (False, None)


@check("usage-adds-up", lambda view: _complete(view) and reply_of(view).total is not None)
def usage_adds_up(view: ExchangeView) -> Iterator[str]:
    """Check that totals are sums."""
    reply = reply_of(view)
    if reply.total != (reply.input or 0) + (reply.output or 0):
        yield f"prompt {reply.input} + completion {reply.output} is not total {reply.total}"
    iterations, overall = dig(reply.extra, "iterations"), dig(reply.extra, "total_tokens_used")
    if isinstance(overall, int) and reply.total is not None:
        wrong = overall < reply.total or (iterations == 1 and overall != reply.total)
        if wrong:
            yield f"total_tokens_used is {overall}, total_tokens {reply.total}, iterations {iterations}"


@check("usage-counts", _complete)
def usage_counts(view: ExchangeView) -> Iterator[str]:
    """Check that token counts are plausible."""
    reply = reply_of(view)
    chat_stream = is_chat_stream(view)
    if reply.input is None and not chat_stream:
        yield "no count of input tokens"
    if reply.output is None and not chat_stream:
        yield "no count of output tokens"
    if reply.input == 0:
        yield "the request counts no input tokens"
    limit = max(4096, TOKENS_PER_BYTE * len(view.exchange.request.body or b""))
    if reply.input is not None and reply.input > limit:
        yield f"{reply.input} input tokens for a request of {len(view.exchange.request.body or b'')} bytes"
    if reply.blocks and reply.output == 0:
        yield "the answer is not empty and counts no output tokens"
    size = len(reply.text.encode()) + sum(len(repr(call.arguments)) + len(call.name) for call in reply.calls)
    if reply.output is not None and reply.output > 2048 + TOKENS_PER_BYTE * size:
        yield f"{reply.output} output tokens for an answer of {size} bytes"
    if reply.output and len(reply.text) > CHARACTERS_PER_TOKEN * (reply.output + 1):
        yield f"{reply.output} output tokens for an answer of {len(reply.text)} characters"


def _counts_cached(view: ExchangeView) -> bool:
    usage = dig(reply_of(view).extra, "usage") if _complete(view) else None
    places = (("prompt_tokens_details", "cached_tokens"), ("cache_creation_input_tokens",))
    return any(count_of(dig(usage, *place)) is not None for place in places)


@check("cached-counts", _counts_cached)
def cached_counts(view: ExchangeView) -> Iterator[str]:
    """Check that cached tokens are part of the prompt, and that the written ones are split by lifetime."""
    usage = dig(reply_of(view).extra, "usage")
    read, prompt = count_of(dig(usage, "prompt_tokens_details", "cached_tokens")), count_of(dig(usage, "prompt_tokens"))
    if read is not None and prompt is not None and read > prompt:
        yield f"{read} cached tokens in a prompt of {prompt}"
    lifetimes = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    counts = [count_of(dig(usage, "cache_creation", name)) for name in lifetimes]
    written, by_lifetime = count_of(dig(usage, "cache_creation_input_tokens")), sum(count or 0 for count in counts)
    if written is not None and any(count is not None for count in counts) and by_lifetime != written:
        yield f"cache_creation counts {by_lifetime} tokens, cache_creation_input_tokens {written}"


@check("stop-matches-content", _complete)
def stop_matches_content(view: ExchangeView) -> Iterator[str]:
    """Check that the stop reason says tool use if and only if a tool is called."""
    reply = reply_of(view)
    if reply.stop is None:
        yield "no stop reason"
    elif reply.ended == "tool" and not reply.calls:
        yield f"{reply.stop!r}, and no tool is called"
    elif reply.calls and reply.ended not in ("tool", "length") and not _may_stop(view, reply):
        yield f"{len(reply.calls)} tool calls, and {reply.stop!r}"


def _may_stop(view: ExchangeView, reply: ObservedReply) -> bool:
    """Return whether a call may end with `stop`: OpenAI's own API says so if the request forces the tool."""
    is_any = view.operation is not None and view.operation.is_any_gateways
    return is_any and reply.stop == "stop" and forced_tool(view.exchange.request.json)[1] is not None


@check("top-finish-agrees", lambda view: _complete(view) and dig(reply_of(view).extra, "finish_reason") is not None)
def top_finish(view: ExchangeView) -> Iterator[str]:
    """Check that the two finish reasons agree."""
    reply = reply_of(view)
    top = str(dig(reply.extra, "finish_reason"))
    if STOPS.get(top, top) != reply.ended:
        yield f"finish_reason {top!r} at the top, {reply.stop!r} in the choice"


@check("model-echoed", lambda view: _complete(view) and isinstance(requested(view, "model"), str))
def model_echoed(view: ExchangeView) -> Iterator[str]:
    """Check that the answer names the requested model."""
    if reply_of(view).model != requested(view, "model"):
        yield f"asked for {requested(view, 'model')!r}, answered by {reply_of(view).model!r}"


@check("ids-unique", _complete)
def ids_unique(view: ExchangeView) -> Iterator[str]:
    """Check that no id occurs twice in the whole run."""
    reply = reply_of(view)
    ids = [reply.id or "", *(call.id for call in reply.calls)]
    if len(set(ids)) != len(ids):
        yield f"an id is used twice in one answer: {', '.join(ids)}"
    for id in ids:
        if not id or id == "None":
            yield "an answer or a tool call has no id"
        elif id != reply.id and view.operation is not None and view.operation.is_any_gateways:
            continue  # a wire needs the id of a call within one answer only
        elif (first := view.memory.first(id)) != view.memory.count:
            yield f"{id} was used by exchange {first} of this run already"


@check("tools-as-offered", lambda view: _complete(view) and bool(reply_of(view).calls))
def tools_as_offered(view: ExchangeView) -> Iterator[str]:
    """Check that every called tool is an offered one."""
    offered = tools_of(view.exchange.request.json)
    for call in reply_of(view).calls:
        if call.name not in offered:
            yield f"{call.name!r} is called; offered are {', '.join(offered) or 'none'}"
    if requested(view, "tool_choice") == "none" or requested(view, "tool_choice", "type") == "none":
        yield "a tool is called under tool_choice none"


@check("tool-arguments", lambda view: _complete(view) and bool(reply_of(view).calls))
def tool_arguments(view: ExchangeView) -> Iterator[str]:
    """Check the arguments of each call against the tool's schema."""
    reply, offered = reply_of(view), tools_of(view.exchange.request.json)
    if reply.ended == "length":
        return
    for call in reply.calls:
        schema = offered.get(call.name)
        if not isinstance(call.arguments, dict):
            yield f"the arguments of {call.name} are no JSON object"
        elif isinstance(schema, Mapping):
            for problem in _schema_problems(schema, call.arguments):
                yield f"{call.name}: {problem}"


def _schema_problems(schema: Mapping[str, Json], value: Json) -> Iterator[str]:
    """Yield what is wrong with a value; nothing where the client's own schema is invalid."""
    try:
        validator = jsonschema_rs.Draft202012Validator(
            dict(schema), pattern_options=jsonschema_rs.RegexOptions(), offline=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return
    for error in validator.iter_errors(value):
        yield error.message[:160]


@check("tool-forced", lambda view: _complete(view) and forced_tool(view.exchange.request.json)[0])
def tool_forced(view: ExchangeView) -> Iterator[str]:
    """Check that a forced tool is called."""
    _, name = forced_tool(view.exchange.request.json)
    reply = reply_of(view)
    if reply.ended == "length":
        return
    if not reply.calls:
        yield f"tool_choice demands {name or 'a tool'}, and none is called"
    elif name is not None and name not in [call.name for call in reply.calls]:
        yield f"tool_choice demands {name}, called is {reply.calls[0].name}"


@check("json-as-asked", lambda view: _complete(view) and asked_schema(view.exchange.request.json) is not None)
def json_as_asked(view: ExchangeView) -> Iterator[str]:
    """Check an answer of text alone against the schema. A model may refuse instead, in words that are no text."""
    reply, schema = reply_of(view), asked_schema(view.exchange.request.json)
    if schema is None or reply.ended != "end" or reply.calls or not reply.text:
        return
    try:
        value = json.loads(reply.text)
    except ValueError:
        yield f"the text is no JSON: {reply.text[:40]!r}"
    else:
        yield from _schema_problems(schema, value)


@check("max-tokens-kept", _complete)
def max_tokens_kept(view: ExchangeView) -> Iterator[str]:
    """Check that the answer is not longer than max_tokens."""
    reply = reply_of(view)
    limit = requested(view, "max_tokens") or requested(view, "max_completion_tokens")
    if not isinstance(limit, int):
        return
    limit *= count_of(requested(view, "n")) or 1
    if reply.output is not None and reply.output > limit:
        yield f"{reply.output} output tokens, max_tokens is {limit}"
    if len(reply.text) > CHARACTERS_PER_TOKEN * limit:
        yield f"{len(reply.text)} characters, max_tokens is {limit}"


@check("created-plausible", lambda view: _complete(view) and reply_of(view).created is not None)
def created_plausible(view: ExchangeView) -> Iterator[str]:
    """Check that `created` is within a day of the request."""
    created = reply_of(view).created
    if created is not None and abs(created - view.exchange.at) > DAY:
        yield f"created is {created}; the request was sent at {view.exchange.at:.0f}"


@check("one-choice", lambda view: _whole(view) and view.operation is not None and view.operation.wire == "openai")
def one_choice(view: ExchangeView) -> Iterator[str]:
    """Check that there is one choice, with index 0, or as many as `n` asks for."""
    reply = reply_of(view)
    if reply.choices not in (1, count_of(requested(view, "n"))):
        yield f"{reply.choices} choices"
    if dig(reply.extra, "choices", 0, "index") != 0:
        yield f"the choice is numbered {dig(reply.extra, 'choices', 0, 'index')}"


@check("not-empty", _complete)
def not_empty(view: ExchangeView) -> Iterator[str]:
    """Check that the answer has text, refuses in words, or calls a tool."""
    reply = reply_of(view)
    if reply.ended == "length" and view.operation is not None and view.operation.is_any_gateways:
        return  # a model may spend all of max_tokens on thinking
    if not any(block.text or block.kind == "tool" for block in reply.blocks):
        yield "neither text nor a tool call"


@check("stop-sequence-kept", lambda view: _complete(view) and bool(requested(view, "stop_sequences")))
def stop_sequence(view: ExchangeView) -> Iterator[str]:
    """Check that the stop sequence is one of the request's, and is not in the text."""
    reply, known = reply_of(view), [str(sequence) for sequence in items(requested(view, "stop_sequences"))]
    if reply.stop == "stop_sequence" and reply.stop_sequence not in known:
        yield f"stopped at {reply.stop_sequence!r}; the request names {known}"
    yield from (f"the stop sequence {sequence!r} is in the text" for sequence in known if sequence in reply.text)


def _byok(view: ExchangeView) -> bool:
    return _whole(view) and view.operation is not None and view.operation.variant == "byok"


@check("provider-echoed", _byok)
def provider_echoed(view: ExchangeView) -> Iterator[str]:
    """Check that the answer names the requested provider."""
    reply = reply_of(view)
    if dig(reply.extra, "provider") != requested(view, "provider"):
        yield f"asked {requested(view, 'provider')!r}, answered {dig(reply.extra, 'provider')!r}"
    iterations = dig(reply.extra, "iterations")
    if not isinstance(iterations, int) or iterations < 1:
        yield f"iterations is {iterations!r}"


CHECKS = (
    usage_adds_up,
    usage_counts,
    cached_counts,
    stop_matches_content,
    top_finish,
    model_echoed,
    ids_unique,
    tools_as_offered,
    tool_arguments,
    tool_forced,
    json_as_asked,
    max_tokens_kept,
    created_plausible,
    one_choice,
    not_empty,
    stop_sequence,
    provider_echoed,
)
