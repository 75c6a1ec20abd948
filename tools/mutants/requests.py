"""Faults made before the answer: the request is changed, and a sound gateway then answers it wrongly."""

import itertools
import json
from typing import Any

from tools.mutants.shot import Change, Shot

GOOD = "sk_other_one"
"""A key that the gateway behind takes."""

NUMBERS = itertools.count()


def _ask(where: str = "", **fields: Any) -> Change:
    def before(shot: Shot) -> None:
        if where in shot.path:
            shot.ask(**fields)

    return before


def _default(name: str, value: Any, *, bad: Any = None, where: str = "") -> Change:
    """A field that is missing, or has this bad value, is silently put right."""

    def before(shot: Shot) -> None:
        body = shot.asked.json
        concerned = isinstance(body, dict) and where in shot.path and shot.asked.method == "POST"
        if concerned and isinstance(body, dict) and (bad(body.get(name)) if bad else name not in body):
            shot.ask(**{name: value})

    return before


def _key(wrong: str) -> Change:
    """Credentials that begin so are taken as good."""

    def before(shot: Shot) -> None:
        scheme, _, token = shot.asked.headers.get("authorization", "").partition(" ")
        given = {"bearer": token if scheme.lower() == "bearer" else "", "key": shot.asked.headers.get("x-api-key", "")}
        header, _, prefix = wrong.partition(":")
        if (given.get(header) or "").startswith(prefix) and given.get(header):
            shot.key(GOOD)

    return before


def _anyone(shot: Shot) -> None:
    if not shot.asked.credentials:
        shot.key(GOOD)


def _any_scheme(shot: Shot) -> None:
    value = shot.asked.headers.get("authorization", "")
    if value and not value.lower().startswith("bearer "):
        shot.key(GOOD)


def _body_first(shot: Shot) -> None:
    """What is no valid request is told before the credential is looked at."""
    body = shot.asked.json
    if (
        shot.asked.method == "POST"
        and (not isinstance(body, dict) or body.get("messages") == 7)
        and "/auth" not in shot.path
    ):
        shot.key(GOOD)


def _no_bearer(shot: Shot) -> None:
    if shot.asked.headers.get("authorization") and shot.is_messages:
        shot.key(None)


def _no_api_key(shot: Shot) -> None:
    if shot.asked.headers.get("x-api-key") and shot.is_chat:
        shot.key(None)


def _byok_needs_key(shot: Shot) -> None:
    if shot.is_byok and not shot.asked.credentials:
        shot.key("sk-ant-refuse-me")


def _old_tokens(shot: Shot) -> None:
    if any(token.count(".") == 2 for token in shot.asked.credentials) and "/auth" not in shot.path:
        shot.key(GOOD)


def _me_first(shot: Shot) -> None:
    """/auth/me remembers the first good token and answers with it for any JWT."""
    tokens = [token for token in shot.asked.credentials if token.count(".") == 2]
    if shot.path.endswith("/auth/me") and tokens:
        shot.key(shot.memory.setdefault("token", tokens[0]))


def _logout_lost(shot: Shot) -> None:
    if shot.path.endswith("/auth/logout"):
        shot.asked = type(shot.asked)("OPTIONS", shot.path, shot.asked.headers, None)


def _any_password(shot: Shot) -> None:
    if shot.path.endswith("/auth/login"):
        shot.ask(password="correct horse")


def _no_form(shot: Shot) -> None:
    if shot.path.endswith("/auth/login"):
        headers = {**shot.asked.headers, "content-type": "application/json"}
        shot.asked = type(shot.asked)("POST", shot.path, headers, shot.asked.body)


def _old_version(shot: Shot) -> None:
    if "anthropic-version" in shot.asked.headers and shot.asked.headers["anthropic-version"] != "2023-06-01":
        shot.asked = type(shot.asked)("POST", shot.path, shot.asked.headers, b"{")


def _limited_never(shot: Shot) -> None:
    if any(key.startswith("sk_limited") for key in shot.asked.credentials):
        shot.key(GOOD)


def _empty_never(shot: Shot) -> None:
    if any(key.startswith("sk_empty") for key in shot.asked.credentials):
        shot.key(GOOD)


def _byok_metered(shot: Shot) -> None:
    if shot.is_byok and any(key.startswith("sk_empty") for key in shot.asked.credentials):
        shot.asked = type(shot.asked)("POST", "/api/v1/chat/completions", shot.asked.headers, shot.asked.body)


def _lenient_json(shot: Shot) -> None:
    if shot.asked.method == "POST" and not isinstance(shot.asked.json, dict) and (shot.is_messages or shot.is_chat):
        value = {
            "model": "qwen-7b",
            "provider": "anthropic",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "Hi"}],
        }
        shot.asked = type(shot.asked)("POST", shot.path, shot.asked.headers, json.dumps(value).encode())


def _strict(shot: Shot) -> None:
    body = shot.asked.json
    if isinstance(body, dict) and any(name.startswith("x_") for name in body):
        shot.asked = type(shot.asked)("POST", shot.path, shot.asked.headers, b"{")


def _lenient_tools(shot: Shot) -> None:
    body = shot.asked.json
    if isinstance(body, dict) and body.get("tools"):
        openai = '"function"' in json.dumps(body["tools"])
        if openai != shot.is_chat:
            shot.ask(tools=None)


def _unpaired(shot: Shot) -> None:
    if "toolu_nobody" in (shot.asked.body or b"").decode("utf-8", "replace"):
        shot.ask(messages=[{"role": "user", "content": "Hi"}])


def _no_loop_limit(shot: Shot) -> None:
    if shot.is_chat and (shot.asked.body or b"").count(b'"tool"') > 1:
        shot.ask(max_iterations=99)


def _cool(shot: Shot) -> None:
    body = shot.asked.json
    if isinstance(body, dict) and body.get("temperature") == 1.5:
        shot.ask(temperature=2.5 if shot.path in ("/v1/messages", "/api/v1/chat/completions") else 1.5)


def _hot(shot: Shot) -> None:
    body = shot.asked.json
    if isinstance(body, dict) and body.get("temperature") == 1.5:
        shot.ask(temperature=1.0)


def _forever(shot: Shot) -> None:
    """After a tool's result the same tool is called again."""
    body = shot.asked.json
    if isinstance(body, dict) and "4 degrees, rain" in json.dumps(body):
        shot.ask(tool_choice={"type": "any"} if shot.is_messages else "required")


def _eager(shot: Shot) -> None:
    """tool_choice none calls all the same."""
    body = shot.asked.json
    if isinstance(body, dict) and body.get("tool_choice") in ("none", {"type": "none"}):
        shot.ask(tool_choice={"type": "any"} if shot.is_messages else "required")


def _gemma(shot: Shot) -> None:
    body = shot.asked.json
    if isinstance(body, dict) and str(body.get("model")).startswith(("gemma", "deepseek")) and body.get("tools"):
        shot.memory["model"] = body["model"]
        shot.ask(model="qwen-7b", tool_choice={"type": "any"} if shot.is_messages else "required")


def _gemma_back(shot: Shot) -> None:
    if shot.memory.get("model") and shot.json and "model" in shot.json:
        value = shot.json
        value["model"] = shot.memory.pop("model")
        shot.json = value


def _breaks(needle: bytes, *, length: int = 0) -> Change:
    """A 500 for requests with this in them."""

    def after(shot: Shot) -> None:
        raw = shot.asked.body or b""
        if needle in raw and len(raw) > length and shot.status:
            shot.status = 500

    return after


def _chunked_lost(shot: Shot) -> None:
    if "transfer-encoding" in shot.asked.headers:
        shot.asked = type(shot.asked)("POST", shot.path, shot.asked.headers, b"")


def _mixed_up(shot: Shot) -> None:
    """The model of another request at the same time."""
    body = shot.asked.json
    if isinstance(body, dict) and body.get("model") == "qwen-7b" and next(NUMBERS) % 2:
        shot.ask(model="qwen-coder-32b")


def _over(value: object) -> bool:
    return isinstance(value, int) and value > 8_192


BEFORE: dict[str, tuple[str, Change]] = {
    "open-to-anyone": ("auth", _anyone),
    "any-scheme": ("auth", _any_scheme),
    "sk-ant-key-accepted": ("auth", _key("key:sk-ant-")),
    "sk-ant-bearer-accepted": ("auth", _key("bearer:sk-ant-")),
    "body-before-auth": ("auth", _body_first),
    "bearer-refused": ("auth", _no_bearer),
    "x-api-key-refused": ("auth", _no_api_key),
    "byok-needs-key": ("auth", _byok_needs_key),
    "old-token-accepted": ("auth", _old_tokens),
    "forged-token-accepted": ("auth", _me_first),
    "logout-without-effect": ("account", _logout_lost),
    "any-password": ("account", _any_password),
    "form-login-refused": ("account", _no_form),
    "version-refused": ("auth", _old_version),
    "limit-not-kept": ("money", _limited_never),
    "credits-not-kept": ("money", _empty_never),
    "byok-metered": ("money", _byok_metered),
    "broken-json-accepted": ("validation", _lenient_json),
    "model-filled-in": ("validation", _default("model", "qwen-7b")),
    "provider-filled-in": ("validation", _default("provider", "anthropic", where="/v1/chat")),
    "any-provider": ("validation", _default("provider", "anthropic", bad=lambda value: value == "xyz")),
    "temperature-clamped": ("validation", _default("temperature", 1, bad=lambda value: value in (2.1, -0.1))),
    "temperature-one-range": ("validation", _hot),
    "temperature-too-strict": ("validation", _cool),
    "top-p-clamped": ("validation", _default("top_p", 1, bad=lambda value: value == 1.5)),
    "max-tokens-zero": ("validation", _default("max_tokens", 1, bad=lambda value: value == 0)),
    "max-tokens-text": ("validation", _default("max_tokens", 9, bad=lambda value: value == "many")),
    "max-tokens-unlimited": ("validation", _default("max_tokens", 99, bad=_over)),
    "max-tokens-ignored": ("meaning", _default("max_tokens", 99, bad=lambda value: value == 2)),
    "stream-text": ("validation", _default("stream", False, bad=lambda value: value == "yes")),
    "unknown-fields-refused": ("validation", _strict),
    "any-tool-shape": ("validation", _lenient_tools),
    "unpaired-result": ("validation", _unpaired),
    "endless-loop": ("validation", _no_loop_limit),
    "stream-ignored": ("meaning", _default("stream", False, bad=lambda value: value is True)),
    "stream-always": ("meaning", _default("stream", True)),
    "tools-ignored": ("tool", _ask(tools=None, tool_choice=None)),
    "tool-choice-ignored": ("tool", _ask(tool_choice=None)),
    "tool-choice-first": (
        "tool",
        _default("tool_choice", "required", bad=lambda value: isinstance(value, dict) and "function" in value),
    ),
    "tool-again-for-ever": ("tool", _forever),
    "tool-none-calls": ("tool", _eager),
    "stop-sequences-ignored": ("meaning", _ask(stop_sequences=None)),
    "usage-option-ignored": ("meaning", _ask(stream_options=None)),
    "chunked-body-lost": ("robustness", _chunked_lost),
    "answers-mixed-up": ("concurrency", _mixed_up),
}
"""The name of a mutant -> its family and its change of the request."""

AFTER: dict[str, tuple[str, Change]] = {
    "unicode-500": ("robustness", _breaks("\U0010f0f0".encode())),
    "long-text-500": ("robustness", _breaks(b"Skarvik", length=100_000)),
    "deep-500": ("robustness", _breaks(b'{"a":{"a":{"a":')),
    "huge-500": ("robustness", _breaks(b"99999999999999999999")),
    "duplicate-500": ("robustness", _breaks(b',"max_tokens":5}')),
    "array-500": ("robustness", _breaks(b"[[[[[[[[[[")),
}

BOTH: dict[str, tuple[str, Change, Change]] = {"gemma-calls-tools": ("tool", _gemma, _gemma_back)}
