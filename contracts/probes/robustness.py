"""Scenes with odd input that is nobody's fault: long, deep, huge, doubled, in every script, and slowly sent."""

import json

from mockserver.contracts.client import JSON_HEADERS, Client
from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.probe import probe

PLANES = "".join(chr(plane * 0x10000 + offset) for plane in range(17) for offset in (0xE1, 0x3042, 0xF0F0)) + (
    " Grüße 日本語 👩‍👩‍👧‍👦 e\u0301 שלום \u202bمرحبا\u202c \u2028\u2029\u0085\u200b\ufeff \u0000\t\r\n"
)
DEPTH = 200


@probe("unicode")
def every_plane(talk: Client) -> None:
    """Text of all seventeen planes, whole and streamed, raw and escaped."""
    for name in ("messages", "chat"):
        operation = talk.operation(name)
        for stream in (False, True):
            body = talk.say(operation, f"Repeat: {PLANES}", stream=stream)
            raw = json.dumps(body, ensure_ascii=stream).encode("utf-8", "surrogatepass")
            talk.expect("unicode", talk.post(operation, raw), 200)


@probe("long-text", profiles=["full"])
def long_text(talk: Client) -> None:
    """Twenty thousand words."""
    for name in ("messages", "chat"):
        operation = talk.operation(name)
        text = "The harbour of Skarvik had two clocks. " * 3000
        talk.expect("long-text", talk.post(operation, talk.say(operation, text)), 200, 400, 413)


@probe("deep-json", profiles=["smoke", "full"])
def deep(talk: Client) -> None:
    """Deep arguments in a conversation, and a body that is nothing but depth."""
    operation = talk.operation("messages")
    raw = json.dumps(talk.say(operation)).encode()
    nested = b'{"a":' * DEPTH + b"1" + b"}" * DEPTH
    exchange = talk.post(operation, raw[:-1] + b',"metadata":{"deep":' + nested + b"}}")
    talk.expect("deep-json", exchange, 200, operation.invalid_status, 413)
    exchange = talk.post(operation, b"[" * 100_000)
    talk.expect("deep-json", exchange, operation.invalid_status, 413)


@probe("huge-numbers", profiles=["smoke", "full"])
def huge(talk: Client) -> None:
    """Numbers that fit into nothing."""
    for name in ("messages", "chat"):
        operation = talk.operation(name)
        for number in ("9" * 400, "1e400", "-1e-400", "9223372036854775808"):
            raw = json.dumps(talk.say(operation, max_tokens=None)).encode()
            exchange = talk.post(operation, raw[:-1] + f',"max_tokens":{number}}}'.encode())
            talk.expect("huge-numbers", exchange, 200, operation.invalid_status)


@probe("duplicate-keys", profiles=["smoke", "full"])
def doubled(talk: Client) -> None:
    """The same key twice."""
    operation = talk.operation("chat")
    raw = json.dumps(talk.say(operation)).encode()
    exchange = talk.post(operation, raw[:-1] + b',"max_tokens":5}')
    talk.expect("duplicate-keys", exchange, 200, operation.invalid_status)


@probe("unknown-fields")
def unknown_fields(talk: Client) -> None:
    """Fields of tomorrow."""
    for name in ("messages", "chat", "chat_byok"):
        operation = talk.operation(name)
        exchange = talk.post(operation, talk.say(operation, x_gate_unknown={"any": ["thing"]}))
        talk.expect("unknown-fields", exchange, 200)


@probe("head-and-options")
def head_and_options(talk: Client) -> None:
    """HEAD without a body; a browser's preflight with its permission."""
    models = talk.operation("models")
    head = talk.send(SentRequest("HEAD", models.path, talk.credential(models)))
    talk.check("head-and-options", head.answer.body == b"", f"HEAD with a body of {len(head.answer.body)} bytes", head)
    talk.expect("head-and-options", head, 200, 404, 405)
    operation = talk.operation("chat")
    origin = {
        "origin": "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    preflight = talk.send(SentRequest("OPTIONS", operation.path, origin))
    talk.expect("head-and-options", preflight, 200, 204)
    allowed = preflight.answer.header("access-control-allow-origin")
    got = f"access-control-allow-origin is {allowed!r}"
    talk.check("head-and-options", allowed in ("*", origin["origin"]), got, preflight)
    answer = talk.send(
        SentRequest(
            "POST",
            operation.path,
            JSON_HEADERS | origin | talk.credential(operation),
            json.dumps(talk.say(operation)).encode(),
        )
    )
    allowed = answer.answer.header("access-control-allow-origin")
    got = f"an answer to a browser has access-control-allow-origin {allowed!r}"
    talk.check("head-and-options", allowed in ("*", origin["origin"]), got, answer)


@probe("slow-client")
def slow_client(talk: Client) -> None:
    """A body in pieces, cut within characters, without its length announced."""
    for name in ("messages", "chat"):
        operation = talk.operation(name)
        exchange = talk.post(operation, talk.say(operation, f"Repeat: {PLANES}"), pieces=7)
        talk.expect("slow-client", exchange, 200, 411)


PROBES = (
    every_plane,
    long_text,
    deep,
    huge,
    doubled,
    unknown_fields,
    head_and_options,
    slow_client,
)
