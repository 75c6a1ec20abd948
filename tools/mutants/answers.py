"""Faults in whole answers: status, headers, envelope, fields, arithmetic, tools, credits. One row is one fault."""

import itertools
from collections.abc import Callable
from typing import Any

from tools.mutants.relayed import Change, RelayedExchange

Edit = Callable[[Any], object]
TRACE = 'Traceback (most recent call last):\n  File "/srv/app/main.py", line 12, in chat\nKeyError: model'
COUNTER = itertools.count(1)
MOST_CACHED = {"prompt_tokens_details": {"cached_tokens": 9_000_000}}
ODD_CACHE = {"cache_creation_input_tokens": 0, "cache_creation": {"ephemeral_5m_input_tokens": 7}}


def status(old: int, new: int, path: str = "") -> Change:
    """Replace a status by another."""

    def after(exchange: RelayedExchange) -> None:
        if exchange.status == old and path in exchange.path:
            exchange.status = new

    return after


def header(when: int, name: str, value: str | None, *, stream: bool | None = None) -> Change:
    """Replace or remove a header of answers with this status."""

    def after(exchange: RelayedExchange) -> None:
        if exchange.status == when and stream in (None, exchange.is_stream):
            exchange.set_header(name, value)

    return after


def body(low: int, high: int, edit: Edit, path: str = "") -> Change:
    """Edit the JSON of answers with a status in this range."""

    def after(exchange: RelayedExchange) -> None:
        is_concerned = low <= exchange.status <= high and path in exchange.path and not exchange.is_stream
        value = exchange.json
        if is_concerned and isinstance(value, dict):
            edit(value)
            exchange.json = value

    return after


def failed(edit: Edit) -> Change:
    """Edit errors."""
    return body(400, 599, edit)


def message(edit: Edit) -> Change:
    """Edit messages."""
    return body(200, 200, lambda value: edit(value) if "content" in value else None, "/messages")


def chat(edit: Edit) -> Change:
    """Edit chat completions."""
    return body(200, 200, lambda value: edit(value) if "choices" in value else None, "/chat/completions")


def raw(low: int, high: int, content: bytes, kind: str | None = None) -> Change:
    """Replace the whole body."""

    def after(exchange: RelayedExchange) -> None:
        if low <= exchange.status <= high:
            exchange.body = content
            if kind:
                exchange.set_header("content-type", kind)

    return after


def setting(*path: Any) -> Edit:
    """Set the value at a path; the last argument is the value."""

    def edit(value: Any) -> None:
        for step in path[:-2]:
            value = value[step]
        value[path[-2]] = path[-1]

    return edit


def without(*path: Any) -> Edit:
    """Remove the value at a path."""

    def edit(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value.pop(path[-1], None)

    return edit


def scaled(*path: Any, by: Callable[[Any], Any]) -> Edit:
    """Change the value at a path, if there is one."""

    def edit(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        if path[-1] in value:
            value[path[-1]] = by(value[path[-1]])

    return edit


def _calls(edit: Edit) -> Change:
    """Edit every tool call, on both wires."""

    def each(value: Any) -> None:
        for block in value.get("content", []):
            if block["type"] == "tool_use":
                edit(block)
        for choice in value.get("choices", []):
            for call in choice["message"].get("tool_calls") or []:
                edit(call["function"])

    return body(200, 200, each)


def _arguments(new: str) -> Edit:
    import json

    def edit(call: Any) -> None:
        call["input" if "input" in call else "arguments"] = json.loads(new) if "input" in call else new

    return edit


def _stop(value: Any, messages: str, chats: str, *, called: bool) -> None:
    if "content" in value and called == (value["stop_reason"] == "tool_use"):
        value["stop_reason"] = messages
    if "choices" in value and called == (value["choices"][0]["finish_reason"] == "tool_calls"):
        value["choices"][0]["finish_reason"] = chats


def _echo(exchange: RelayedExchange) -> None:
    if exchange.status == 401 and exchange.request.credentials:
        value = exchange.json
        value["error"]["message"] += f": {exchange.request.credentials[0]}"
        exchange.json = value


def _leaky_header(exchange: RelayedExchange) -> None:
    if exchange.status == 200 and exchange.request.credentials:
        exchange.set_header("x-debug-key", exchange.request.credentials[0])


def _stale(exchange: RelayedExchange) -> None:
    """Answer every other request of a route with the previous answer."""
    if exchange.status == 200 and not exchange.is_stream and exchange.is_chat:
        before = exchange.memory.get(exchange.path)
        exchange.memory[exchange.path] = exchange.body
        if before is not None:
            exchange.body = before


def _allow_gone(exchange: RelayedExchange) -> None:
    if exchange.status == 405:
        exchange.set_header("allow", None)


def _cors(exchange: RelayedExchange) -> None:
    exchange.headers = [pair for pair in exchange.headers if not pair[0].startswith("access-control")]


def _preflight(exchange: RelayedExchange) -> None:
    if exchange.request.method == "OPTIONS":
        exchange.status = 405


def _slow(exchange: RelayedExchange) -> None:
    if exchange.path.endswith("/models"):
        exchange.delay = 1.2


def _truncated(exchange: RelayedExchange) -> None:
    if exchange.status == 200 and not exchange.is_stream and exchange.is_chat:
        exchange.set_header("content-length", str(len(exchange.body)))
        exchange.body, exchange.ending = exchange.body[:-20], "cut"


def _frozen(exchange: RelayedExchange) -> None:
    if exchange.path.endswith("/credits/balance") and exchange.status == 200:
        exchange.body = exchange.memory.setdefault("balance", exchange.body)


def _charging(kind: str) -> Change:
    """Lower the balance by one for each request of a kind."""

    def after(exchange: RelayedExchange) -> None:
        refused = 400 <= exchange.status < 500 and exchange.is_messages
        if (kind == "refused" and refused) or (kind == "byok" and exchange.is_byok):
            exchange.memory["extra"] = exchange.memory.get("extra", 0) + 1
        elif exchange.path.endswith("/credits/balance") and exchange.status == 200 and exchange.memory.get("extra"):
            value = exchange.json
            value["remaining_credits"] -= exchange.memory["extra"]
            value["used_credits"] += exchange.memory["extra"]
            exchange.json = value

    return after


def _always_limited(exchange: RelayedExchange) -> None:
    if exchange.status == 429:
        exchange.memory[str(exchange.request.credentials)] = (exchange.headers, exchange.body)
    elif exchange.status == 200 and str(exchange.request.credentials) in exchange.memory:
        exchange.status, (exchange.headers, exchange.body) = 429, exchange.memory[str(exchange.request.credentials)]


def _two_choices(value: Any) -> None:
    value["choices"].append({**value["choices"][0], "index": 1})


ANSWERS: dict[str, tuple[str, str, Change]] = {
    "ok-is-201": ("status", "known-status examples-accepted default-max-tokens generated-valid", status(200, 201)),
    "invalid-is-500": ("status", "no-server-error", status(400, 500)),
    "invalid-is-200": ("status", "generated-invalid", status(400, 200)),
    "unauthorized-is-403": ("status", "auth-missing", status(401, 403)),
    "unauthorized-is-404": ("status", "auth-missing", status(401, 404)),
    "no-credits-is-403": ("status", "status-402", status(402, 403)),
    "limited-is-503": ("status", "status-429", status(429, 503)),
    "absent-is-200": ("status", "absent-routes", status(404, 200, "/oauth")),
    "byok-invalid-is-400": ("status", "invalid-json", status(422, 400)),
    "messages-invalid-is-422": ("status", "missing-field", status(400, 422, "/messages")),
    "chat-invalid-is-422": ("status", "wrong-type", status(400, 422, "/chat/completions")),
    "wrong-method-is-200": ("status", "wrong-method", status(405, 200)),
    "fault-is-400": ("status", "status-500", status(500, 400)),
    "loading-is-400": ("status", "cold-start", status(503, 400)),
    "teapot": ("status", "known-status", status(400, 418)),
    "json-as-text": ("header", "known-media-type", header(200, "content-type", "text/plain", stream=False)),
    "json-untyped": ("header", "known-media-type", header(200, "content-type", None, stream=False)),
    "stream-as-json": ("header", "stream-as-asked", header(200, "content-type", "application/json", stream=True)),
    "stream-as-latin1": (
        "header",
        "sse-charset",
        header(200, "content-type", "text/event-stream; charset=iso-8859-1", stream=True),
    ),
    "error-as-html-type": ("header", "error-envelope", header(401, "content-type", "text/html")),
    "retry-after-gone": ("header", "retry-after", header(429, "retry-after", None)),
    "retry-after-float": ("header", "retry-after", header(429, "retry-after", "1.5")),
    "retry-after-zero": ("header", "retry-after", header(429, "retry-after", "0")),
    "retry-after-negative": ("header", "retry-after", header(429, "retry-after", "-1")),
    "retry-after-date": ("header", "retry-after", header(429, "retry-after", "Fri, 20 Nov 2026 12:00:00 GMT")),
    "retry-after-huge": ("header", "retry-after", header(429, "retry-after", "99999999")),
    "allow-gone": ("header", "wrong-method", _allow_gone),
    "no-cors": ("header", "head-and-options", _cors),
    "no-preflight": ("header", "head-and-options", _preflight),
    "request-id-constant": ("header", "request-id-unique", header(200, "x-request-id", "req_same")),
    "request-id-empty": ("header", "header-schema", header(200, "x-request-id", " ")),
    "error-is-html": (
        "envelope",
        "error-no-internals",
        raw(400, 499, b"<!DOCTYPE html><html><body>Bad</body></html>", "text/html"),
    ),
    "error-is-empty": ("envelope", "error-envelope", raw(400, 499, b"")),
    "error-is-string": ("envelope", "error-envelope", raw(400, 499, b'"no"')),
    "error-without-message": ("envelope", "error-envelope", failed(lambda value: value["error"].pop("message"))),
    "error-with-empty-message": ("envelope", "error-envelope", failed(setting("error", "message", ""))),
    "error-with-trace": ("envelope", "error-no-internals", failed(setting("error", "message", TRACE))),
    "error-with-other-words": ("envelope", "error-agrees", failed(setting("message", "Something else"))),
    "error-with-other-code": ("envelope", "error-agrees", failed(setting("code", "other_code"))),
    "error-type-wrong": ("envelope", "error-type", failed(setting("error", "type", "rate_limited_or_so"))),
    "error-type-number": ("envelope", "error-type", failed(setting("error", "type", 7))),
    "anthropic-error-untyped": ("envelope", "error-dialect", failed(lambda value: value.pop("type", None))),
    "error-without-object": ("envelope", "error-envelope", failed(lambda value: value.update(error="refused"))),
    "error-echoes-key": ("envelope", "auth-no-echo", _echo),
    "header-echoes-key": ("envelope", "auth-no-echo", _leaky_header),
    "message-without-id": ("field", "ids-unique", message(without("id"))),
    "message-id-shape": ("field", "ids-unique", message(setting("id", "12345"))),
    "message-without-usage": ("field", "usage-counts", message(without("usage"))),
    "message-role-user": ("field", "body-schema", message(setting("role", "user"))),
    "message-type-wrong": ("field", "body-schema", message(setting("type", "completion"))),
    "message-content-string": ("field", "body-schema", message(setting("content", "Hello"))),
    "message-without-stop": ("field", "stop-matches-content", message(without("stop_reason"))),
    "message-stop-unknown": ("field", "body-schema", message(setting("stop_reason", "done"))),
    "message-empty": ("field", "not-empty", message(setting("content", []))),
    "message-tokens-text": ("type", "usage-counts", message(scaled("usage", "input_tokens", by=str))),
    "chat-without-choices": ("field", "one-choice", chat(setting("choices", []))),
    "chat-object-wrong": ("field", "body-schema", chat(scaled("object", by=lambda _: "text_completion"))),
    "chat-finish-null": ("field", "stop-matches-content", chat(setting("choices", 0, "finish_reason", None))),
    "chat-content-list": (
        "type",
        "body-schema",
        chat(setting("choices", 0, "message", "content", [{"type": "text", "text": "Hi"}])),
    ),
    "chat-two-choices": ("field", "one-choice", chat(_two_choices)),
    "chat-index-one": ("field", "one-choice", chat(setting("choices", 0, "index", 1))),
    "chat-created-ms": ("field", "created-plausible", chat(scaled("created", by=lambda value: value * 1000))),
    "chat-created-zero": ("field", "created-plausible", chat(scaled("created", by=lambda _: 0))),
    "chat-created-text": ("type", "body-schema", chat(scaled("created", by=str))),
    "byok-provider-wrong": ("field", "provider-echoed", chat(scaled("provider", by=lambda _: "openai"))),
    "byok-iterations-zero": ("field", "provider-echoed", chat(scaled("iterations", by=lambda _: 0))),
    "byok-without-total": ("field", "body-schema", chat(without("total_tokens_used"))),
    "byok-total-wrong": ("arithmetic", "usage-adds-up", chat(scaled("total_tokens_used", by=lambda value: value + 1))),
    "top-finish-differs": ("field", "top-finish-agrees", chat(scaled("finish_reason", by=lambda _: "length"))),
    "model-replaced": ("field", "model-echoed", body(200, 200, scaled("model", by=lambda _: "gpt-4o"))),
    "ids-constant": ("field", "ids-unique", chat(setting("id", "chatcmpl-same"))),
    "message-ids-constant": ("field", "ids-unique", message(setting("id", "msg_same"))),
    "total-off-by-one": (
        "arithmetic",
        "usage-adds-up",
        chat(scaled("usage", "total_tokens", by=lambda value: value + 1)),
    ),
    "output-zero": ("arithmetic", "usage-counts", message(setting("usage", "output_tokens", 0))),
    "input-zero": ("arithmetic", "usage-counts", message(setting("usage", "input_tokens", 0))),
    "input-absurd": ("arithmetic", "usage-counts", message(setting("usage", "input_tokens", 9_000_000))),
    "output-absurd": ("arithmetic", "usage-counts", message(setting("usage", "output_tokens", 200_000))),
    "output-negative": ("arithmetic", "usage-counts", message(setting("usage", "output_tokens", -1))),
    "cached-beyond-prompt": ("arithmetic", "cached-counts", chat(lambda value: value["usage"].update(MOST_CACHED))),
    "cached-lifetimes-wrong": ("arithmetic", "cached-counts", message(lambda value: value["usage"].update(ODD_CACHE))),
    "tool-renamed": ("tool", "tools-as-offered", _calls(setting("name", "rm_rf"))),
    "tool-arguments-missing": ("tool", "tool-arguments", _calls(_arguments("{}"))),
    "tool-arguments-typed": ("tool", "tool-arguments", _calls(_arguments('{"city": 7, "unit": "celsius", "zone": 7}'))),
    "tool-arguments-list": ("tool", "tool-arguments", _calls(_arguments("[]"))),
    "tool-arguments-broken": (
        "tool",
        "tool-arguments",
        chat(
            lambda value: [
                call["function"].update(arguments='{"city": ')
                for call in value["choices"][0]["message"].get("tool_calls") or []
            ]
        ),
    ),
    "tool-stop-says-end": (
        "tool",
        "stop-matches-content",
        body(200, 200, lambda value: _stop(value, "end_turn", "stop", called=True)),
    ),
    "text-stop-says-tool": (
        "tool",
        "stop-matches-content",
        body(200, 200, lambda value: _stop(value, "tool_use", "tool_calls", called=False)),
    ),
    "text-stop-says-length": (
        "meaning",
        "top-finish-agrees",
        body(200, 200, lambda value: _stop(value, "max_tokens", "length", called=False)),
    ),
    "tool-id-constant": (
        "tool",
        "ids-unique",
        body(
            200,
            200,
            lambda value: [
                block.update(id="toolu_same") for block in value.get("content", []) if block["type"] == "tool_use"
            ],
        ),
    ),
    "count-constant": (
        "meaning",
        "count-tokens",
        body(200, 200, scaled("input_tokens", by=lambda _: 12), "count_tokens"),
    ),
    "count-zero": ("meaning", "count-tokens", body(200, 200, scaled("input_tokens", by=lambda _: 0), "count_tokens")),
    "model-lookup-other": ("meaning", "models-listed", body(200, 200, setting("id", "other-model"), "/models/")),
    "models-without-object": ("field", "body-schema", body(200, 200, without("object"), "/models")),
    "models-empty": (
        "meaning",
        "models-listed",
        body(200, 200, lambda value: value.update(data=[]) if "data" in value else None, "/models"),
    ),
    "stale-answers": ("concurrency", "ids-unique", _stale),
    "slow-models": ("time", "latency", _slow),
    "body-cut": ("framing", "body-complete", _truncated),
    "balance-frozen": ("money", "balance-falls", _frozen),
    "refused-costs": ("money", "refused-is-free", _charging("refused")),
    "byok-costs": ("money", "byok-is-free", _charging("byok")),
    "balance-sum-wrong": (
        "money",
        "balance-adds-up",
        body(200, 200, scaled("used_credits", by=lambda value: value + 5), "/credits/balance"),
    ),
    "percentage-as-part": (
        "money",
        "balance-adds-up",
        body(200, 200, scaled("usage_percentage", by=lambda value: value / 100 + 50), "/credits"),
    ),
    "balance-unnamed": ("money", "body-schema", body(200, 200, without("remaining_credits"), "/credits/balance")),
    "consumed-wrong": ("money", "balance-falls", chat(scaled("credits_consumed", by=lambda value: value + 1))),
    "remaining-wrong": ("money", "balance-falls", chat(scaled("credits_remaining", by=lambda value: value + 1))),
    "limited-for-ever": ("money", "retry-after-true", _always_limited),
    "login-lasts-an-hour": ("account", "login", body(200, 200, setting("expires_in", 3600), "/auth/login")),
    "login-opaque-token": ("account", "login", body(200, 200, setting("access_token", "opaque"), "/auth/login")),
    "me-somebody-else": ("account", "me", body(200, 200, setting("email", "eve@example.com"), "/auth/me")),
    "refresh-dead-token": ("account", "refresh", body(200, 200, setting("access_token", "a.b.c"), "/auth/refresh")),
    "login-half-is-400": ("account", "login-refused", status(422, 400, "/auth/login")),
}
"""The name of a mutant -> its family, the promises that it must break, and its change of the answer."""
