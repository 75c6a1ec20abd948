"""Faults in requests: the request is changed, so that a sound gateway answers it wrongly."""

import itertools
import json
import re
from dataclasses import replace
from typing import Any

from tools.mutants.relayed import Change, RelayedExchange

GOOD = "sk_other_one"
"""A key that the gateway accepts."""

NUMBERS = itertools.count()


def _ask(where: str = "", **fields: Any) -> Change:
    def before(exchange: RelayedExchange) -> None:
        if where in exchange.path:
            exchange.change_body(**fields)

    return before


def _default(name: str, value: Any, *, bad: Any = None, where: str = "") -> Change:
    """Set a field that is missing or has a bad value."""

    def before(exchange: RelayedExchange) -> None:
        body = exchange.request.json
        concerned = isinstance(body, dict) and where in exchange.path and exchange.request.method == "POST"
        if concerned and isinstance(body, dict) and (bad(body.get(name)) if bad else name not in body):
            exchange.change_body(**{name: value})

    return before


def _key(wrong: str) -> Change:
    """Accept credentials that begin with a prefix."""

    def before(exchange: RelayedExchange) -> None:
        scheme, _, token = exchange.request.headers.get("authorization", "").partition(" ")
        api_key = exchange.request.headers.get("x-api-key", "")
        credentials = {"bearer": token if scheme.lower() == "bearer" else "", "key": api_key}
        header, _, prefix = wrong.partition(":")
        if credentials[header] and credentials[header].startswith(prefix):
            exchange.set_key(GOOD)

    return before


def _anyone(exchange: RelayedExchange) -> None:
    if not exchange.request.credentials:
        exchange.set_key(GOOD)


def _any_scheme(exchange: RelayedExchange) -> None:
    value = exchange.request.headers.get("authorization", "")
    if value and not value.lower().startswith("bearer "):
        exchange.set_key(GOOD)


def _body_first(exchange: RelayedExchange) -> None:
    """Check the body before the credential."""
    body = exchange.request.json
    if (
        exchange.request.method == "POST"
        and (not isinstance(body, dict) or body.get("messages") == 7)
        and "/auth" not in exchange.path
    ):
        exchange.set_key(GOOD)


def _no_bearer(exchange: RelayedExchange) -> None:
    if exchange.request.headers.get("authorization") and exchange.is_messages:
        exchange.set_key(None)


def _no_api_key(exchange: RelayedExchange) -> None:
    if exchange.request.headers.get("x-api-key") and exchange.is_chat:
        exchange.set_key(None)


def _byok_needs_key(exchange: RelayedExchange) -> None:
    if exchange.is_byok and not exchange.request.credentials:
        exchange.set_key("sk-ant-refuse-me")


def _old_tokens(exchange: RelayedExchange) -> None:
    if any(token.count(".") == 2 for token in exchange.request.credentials) and "/auth" not in exchange.path:
        exchange.set_key(GOOD)


def _tokens(exchange: RelayedExchange) -> list[str]:
    """Return the JWTs of a request to /auth/me."""
    return [token for token in exchange.request.credentials if token.count(".") == 2 and "/auth/me" in exchange.path]


def _accept_forged(exchange: RelayedExchange) -> None:
    """Replace any JWT by the good one that /auth/me has seen."""
    if _tokens(exchange) and "token" in exchange.memory:
        exchange.set_key(exchange.memory["token"])


def _remember_token(exchange: RelayedExchange) -> None:
    if exchange.status == 200 and _tokens(exchange):
        exchange.memory.setdefault("token", _tokens(exchange)[0])


def _logout_lost(exchange: RelayedExchange) -> None:
    if exchange.path.endswith("/auth/logout"):
        exchange.request = replace(exchange.request, method="OPTIONS", body=None)


def _any_password(exchange: RelayedExchange) -> None:
    if exchange.path.endswith("/auth/login"):
        exchange.change_body(password="correct horse")


def _no_form(exchange: RelayedExchange) -> None:
    if exchange.path.endswith("/auth/login"):
        headers = {**exchange.request.headers, "content-type": "application/json"}
        exchange.request = replace(exchange.request, headers=headers)


def _old_version(exchange: RelayedExchange) -> None:
    if exchange.request.headers.get("anthropic-version") not in (None, "2023-06-01"):
        exchange.request = replace(exchange.request, body=b"{")


def _limited_never(exchange: RelayedExchange) -> None:
    if any(key.startswith("sk_limited") for key in exchange.request.credentials):
        exchange.set_key(GOOD)


def _empty_never(exchange: RelayedExchange) -> None:
    if any(key.startswith("sk_empty") for key in exchange.request.credentials):
        exchange.set_key(GOOD)


def _byok_metered(exchange: RelayedExchange) -> None:
    if exchange.is_byok and any(key.startswith("sk_empty") for key in exchange.request.credentials):
        exchange.request = replace(exchange.request, path="/api/v1/chat/completions")


def _lenient_json(exchange: RelayedExchange) -> None:
    is_conversation = exchange.is_messages or exchange.is_chat
    if exchange.request.method == "POST" and is_conversation and not isinstance(exchange.request.json, dict):
        value = {
            "model": "qwen-7b",
            "provider": "anthropic",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "Hi"}],
        }
        exchange.request = replace(exchange.request, body=json.dumps(value).encode())


def _strict(exchange: RelayedExchange) -> None:
    body = exchange.request.json
    if isinstance(body, dict) and any(name.startswith("x_") for name in body):
        exchange.request = replace(exchange.request, body=b"{")


def _lenient_tools(exchange: RelayedExchange) -> None:
    body = exchange.request.json
    if isinstance(body, dict) and body.get("tools"):
        openai = '"function"' in json.dumps(body["tools"])
        if openai != exchange.is_chat:
            exchange.change_body(tools=None)


def _unpaired(exchange: RelayedExchange) -> None:
    if "toolu_nobody" in (exchange.request.body or b"").decode("utf-8", "replace"):
        exchange.change_body(messages=[{"role": "user", "content": "Hi"}])


def _no_loop_limit(exchange: RelayedExchange) -> None:
    if exchange.is_chat and (exchange.request.body or b"").count(b'"tool"') > 1:
        exchange.change_body(max_iterations=99)


def _cool(exchange: RelayedExchange) -> None:
    body = exchange.request.json
    if isinstance(body, dict) and body.get("temperature") == 1.5:
        exchange.change_body(temperature=2.5 if exchange.path in ("/v1/messages", "/api/v1/chat/completions") else 1.5)


def _hot(exchange: RelayedExchange) -> None:
    body = exchange.request.json
    if isinstance(body, dict) and body.get("temperature") == 1.5:
        exchange.change_body(temperature=1.0)


def _forever(exchange: RelayedExchange) -> None:
    """Call the same tool again after its result."""
    body = exchange.request.json
    if isinstance(body, dict) and "4 degrees, rain" in json.dumps(body):
        exchange.change_body(tool_choice={"type": "any"} if exchange.is_messages else "required")


def _eager(exchange: RelayedExchange) -> None:
    """Call a tool although tool_choice is none."""
    body = exchange.request.json
    if isinstance(body, dict) and body.get("tool_choice") in ("none", {"type": "none"}):
        exchange.change_body(tool_choice={"type": "any"} if exchange.is_messages else "required")


def _gemma(exchange: RelayedExchange) -> None:
    body = exchange.request.json
    if isinstance(body, dict) and str(body.get("model")).startswith(("gemma", "deepseek")) and body.get("tools"):
        exchange.memory["model"] = body["model"]
        exchange.change_body(model="qwen-7b", tool_choice={"type": "any"} if exchange.is_messages else "required")


def _gemma_back(exchange: RelayedExchange) -> None:
    if exchange.memory.get("model") and exchange.json and "model" in exchange.json:
        value = exchange.json
        value["model"] = exchange.memory.pop("model")
        exchange.json = value


def _breaks(needle: bytes, *, length: int = 0) -> Change:
    """Answer 500 to requests that contain these bytes."""

    def after(exchange: RelayedExchange) -> None:
        raw = exchange.request.body or b""
        if needle in raw and len(raw) > length and exchange.status:
            exchange.status = 500

    return after


WIDE = re.compile(rb"\\+u[dD][89abAB]..\\+u[dD][c-fC-F]..|[\xf0-\xf4][\x80-\xbf]{3}")
"""A character beyond the first plane: escaped, also in a string of JSON inside JSON, or as UTF-8."""


def _narrow(exchange: RelayedExchange) -> None:
    """Lose every character beyond the first plane, as a database with three bytes a character does."""
    exchange.body = WIDE.sub(b"?", exchange.body)


def _chunked_lost(exchange: RelayedExchange) -> None:
    if "transfer-encoding" in exchange.request.headers:
        exchange.request = replace(exchange.request, body=b"")


def _mixed_up(exchange: RelayedExchange) -> None:
    """Answer with the model of another request at the same time."""
    body = exchange.request.json
    if isinstance(body, dict) and body.get("model") == "qwen-7b" and next(NUMBERS) % 2:
        exchange.change_body(model="qwen-coder-32b")


BEFORE: dict[str, tuple[str, str, Change]] = {
    "open-to-anyone": ("auth", "auth-missing", _anyone),
    "any-scheme": ("auth", "auth-malformed", _any_scheme),
    "sk-ant-key-accepted": ("auth", "auth-sk-ant-key", _key("key:sk-ant-")),
    "sk-ant-bearer-accepted": ("auth", "auth-sk-ant-bearer", _key("bearer:sk-ant-")),
    "body-before-auth": ("auth", "auth-before-body", _body_first),
    "bearer-refused": ("auth", "auth-both-ways", _no_bearer),
    "x-api-key-refused": ("auth", "auth-both-ways", _no_api_key),
    "byok-needs-key": ("auth", "auth-optional", _byok_needs_key),
    "old-token-accepted": ("auth", "auth-expired", _old_tokens),
    "logout-without-effect": ("account", "logout", _logout_lost),
    "any-password": ("account", "login-refused", _any_password),
    "form-login-refused": ("account", "login-form", _no_form),
    "version-refused": ("auth", "version-never-refused", _old_version),
    "limit-not-kept": ("money", "status-429", _limited_never),
    "credits-not-kept": ("money", "status-402", _empty_never),
    "byok-metered": ("money", "byok-not-metered", _byok_metered),
    "broken-json-accepted": ("validation", "invalid-json", _lenient_json),
    "model-filled-in": ("validation", "missing-field", _default("model", "qwen-7b")),
    "provider-filled-in": ("validation", "missing-field", _default("provider", "anthropic", where="/v1/chat")),
    "any-provider": (
        "validation",
        "provider-unsupported",
        _default("provider", "anthropic", bad=lambda value: value == "xyz"),
    ),
    "temperature-clamped": (
        "validation",
        "out-of-range",
        _default("temperature", 1, bad=lambda value: value in (2.1, -0.1)),
    ),
    "temperature-one-range": ("validation", "temperature-range", _hot),
    "temperature-too-strict": ("validation", "temperature-range", _cool),
    "top-p-clamped": ("validation", "out-of-range", _default("top_p", 1, bad=lambda value: value == 1.5)),
    "max-tokens-zero": ("validation", "out-of-range", _default("max_tokens", 1, bad=lambda value: value == 0)),
    "max-tokens-text": ("validation", "wrong-type", _default("max_tokens", 9, bad=lambda value: value == "many")),
    "max-tokens-ignored": (
        "meaning",
        "max-tokens-cut max-tokens-kept",
        _default("max_tokens", 99, bad=lambda value: value == 2),
    ),
    "stream-text": ("validation", "wrong-type", _default("stream", False, bad=lambda value: value == "yes")),
    "unknown-fields-refused": ("validation", "unknown-fields", _strict),
    "any-tool-shape": ("validation", "tool-shape", _lenient_tools),
    "unpaired-result": ("validation", "tool-result-pairing", _unpaired),
    "endless-loop": ("validation", "max-iterations", _no_loop_limit),
    "stream-ignored": ("meaning", "stream-as-asked", _default("stream", False, bad=lambda value: value is True)),
    "stream-always": ("meaning", "stream-as-asked", _default("stream", True)),
    "tools-ignored": ("tool", "tool-forced", _ask(tools=None, tool_choice=None)),
    "tool-choice-ignored": ("tool", "tool-forced", _ask(tool_choice=None)),
    "tool-choice-first": (
        "tool",
        "tool-forced",
        _default("tool_choice", "required", bad=lambda value: isinstance(value, dict) and "function" in value),
    ),
    "schema-ignored": ("meaning", "json-as-asked", _ask(response_format=None, output_config=None)),
    "schema-only-chat": ("meaning", "json-as-asked", _ask("/messages", output_config=None)),
    "tool-again-for-ever": ("tool", "tool-round-trip", _forever),
    "tool-none-calls": ("tool", "tools-as-offered", _eager),
    "stop-sequences-ignored": ("meaning", "stop-sequence-kept", _ask(stop_sequences=None)),
    "usage-option-ignored": ("meaning", "chat-usage-chunk", _ask(stream_options=None)),
    "chunked-body-lost": ("robustness", "slow-client", _chunked_lost),
    "answers-mixed-up": ("concurrency", "concurrency", _mixed_up),
}
"""The name of a mutant -> its family, the promises that it must break, and its change of the request."""

AFTER: dict[str, tuple[str, str, Change]] = {
    "unicode-narrowed": ("robustness", "unicode", _narrow),
    "unicode-500": ("robustness", "unicode", _breaks("\U0010f0f0".encode())),
    "system-role-500": ("validation", "sdk-requests", _breaks(b'"role": "system", "content": "Be brief."')),
    "max-tokens-500": ("validation", "max-tokens-limit", _breaks(b'"max_tokens": 8193')),
    "long-text-500": ("robustness", "long-text", _breaks(b"Skarvik", length=100_000)),
    "deep-500": ("robustness", "deep-json", _breaks(b'{"a":{"a":{"a":')),
    "huge-500": ("robustness", "huge-numbers", _breaks(b"99999999999999999999")),
    "thinking-refused-back": ("meaning", "thinking-accepted", _breaks(b'"signature"')),
    "duplicate-500": ("robustness", "duplicate-keys", _breaks(b',"max_tokens":5}')),
    "array-500": ("robustness", "deep-json", _breaks(b"[[[[[[[[[[")),
}

BOTH: dict[str, tuple[str, str, Change, Change]] = {
    "gemma-calls-tools": ("tool", "tools-unsupported", _gemma, _gemma_back),
    "forged-token-accepted": ("auth", "token-forged", _accept_forged, _remember_token),
}
"""The name of a mutant -> its family, the promises that it must break, its change of the request and of the answer."""
