"""Probes with unusual but permitted input: long, deep, huge, duplicated, in every script, and sent slowly."""

import json

from mockserver.contracts.client import JSON_HEADERS, Client
from mockserver.contracts.exchange import SentRequest, dig
from mockserver.contracts.probe import probe
from mockserver.contracts.probes.conversation import choice, tool

PLANES = "".join(chr(plane * 0x10000 + offset) for plane in range(17) for offset in (0xE1, 0x3042, 0xF0F0)) + (
    " Grüße 日本語 👩‍👩‍👧‍👦 e\u0301 שלום \u202bمرحبا\u202c \u2028\u2029\u0085\u200b\ufeff \u0000\t\r\n"
)
ECHO = "Grüße, 日本語, 𐐷 👩‍👩‍👧‍👦 e\u0301 שלום"
"""Text that comes back: beyond the first plane, joined, combining, from right to left."""

DEPTH = 200


@probe("unicode")
def every_plane(client: Client) -> None:
    """Send text of all seventeen Unicode planes, whole and streamed, raw and escaped."""
    for operation in client.main():
        for stream in operation.ways:
            body = client.body(operation, f"Repeat: {PLANES}", stream=stream)
            raw = json.dumps(body, ensure_ascii=stream).encode("utf-8", "surrogatepass")
            client.expect("unicode", client.post(operation, raw), 200)


@probe("unicode", profiles=["smoke", "full"])
def echoed(client: Client) -> None:
    """Force a tool whose only argument has one permitted value, whole and streamed, and compare what comes back."""
    schema = {"type": "object", "properties": {"text": {"type": "string", "enum": [ECHO]}}, "required": ["text"]}
    for operation in client.main(needs="tools"):
        forced = {"tools": [tool(operation, "repeat", schema)], "tool_choice": choice(operation, "", "repeat")}
        for stream in operation.ways:
            exchange = client.post(operation, client.body(operation, "Repeat the text.", stream=stream, **forced))
            if exchange.response.status != 200 or not client.reply(exchange).calls:
                continue  # without a tool call no echo can be expected
            came = dig(client.reply(exchange).calls[0].arguments, "text")
            client.check("unicode", came == ECHO, f"the text {ECHO!r} came back as {str(came)[:80]!r}", exchange)


@probe("long-text", profiles=["full"])
def long_text(client: Client) -> None:
    """Send twenty thousand words."""
    for operation in client.main():
        text = "The harbour of Skarvik had two clocks. " * 3000
        client.expect("long-text", client.post(operation, client.body(operation, text)), 200, 400, 413)


@probe("deep-json", profiles=["smoke", "full"])
def deep(client: Client) -> None:
    """Send deep JSON inside a conversation, and a body of nothing but brackets."""
    operation = client.main()[0]
    raw = json.dumps(client.body(operation)).encode()
    nested = b'{"a":' * DEPTH + b"1" + b"}" * DEPTH
    exchange = client.post(operation, raw[:-1] + b',"metadata":{"deep":' + nested + b"}}")
    client.expect("deep-json", exchange, 200, *operation.refusals, 413)
    exchange = client.post(operation, b"[" * 100_000)
    client.expect("deep-json", exchange, *operation.refusals, 413)


@probe("huge-numbers", profiles=["smoke", "full"])
def huge(client: Client) -> None:
    """Send numbers that fit no integer or float type."""
    for operation in client.main():
        for number in ("9" * 400, "1e400", "-1e-400", "9223372036854775808"):
            raw = json.dumps(client.body(operation, max_tokens=None)).encode()
            exchange = client.post(operation, raw[:-1] + f',"max_tokens":{number}}}'.encode())
            client.expect("huge-numbers", exchange, 200, *operation.refusals)


@probe("duplicate-keys", profiles=["smoke", "full"])
def doubled(client: Client) -> None:
    """Send the same key twice."""
    operation = client.main("chat", "messages")[0]
    raw = json.dumps(client.body(operation)).encode()
    exchange = client.post(operation, raw[:-1] + b',"max_tokens":5}')
    client.expect("duplicate-keys", exchange, 200, *operation.refusals)


@probe("unknown-fields")
def unknown_fields(client: Client) -> None:
    """Send a field that does not exist."""
    for name in ("messages", "chat", "chat_byok"):
        operation = client.operation(name)
        exchange = client.post(operation, client.body(operation, x_gate_unknown={"any": ["thing"]}))
        client.expect("unknown-fields", exchange, 200)


@probe("head-and-options")
def head_and_options(client: Client) -> None:
    """Send HEAD, a browser's preflight, and a browser's request."""
    models = client.operation("models")
    head = client.send(SentRequest("HEAD", models.path, client.auth_header(models)))
    size = len(head.response.body)
    client.check("head-and-options", size == 0, f"HEAD with a body of {size} bytes", head)
    client.expect("head-and-options", head, 200, 404, 405)
    operation = client.operation("chat")
    origin = {
        "origin": "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    preflight = client.send(SentRequest("OPTIONS", operation.path, origin))
    client.expect("head-and-options", preflight, 200, 204)
    allowed = preflight.response.header("access-control-allow-origin")
    got = f"access-control-allow-origin is {allowed!r}"
    client.check("head-and-options", allowed in ("*", origin["origin"]), got, preflight)
    response = client.send(
        SentRequest(
            "POST",
            operation.path,
            JSON_HEADERS | origin | client.auth_header(operation),
            json.dumps(client.body(operation)).encode(),
        )
    )
    allowed = response.response.header("access-control-allow-origin")
    got = f"an answer to a browser has access-control-allow-origin {allowed!r}"
    client.check("head-and-options", allowed in ("*", origin["origin"]), got, response)


@probe("slow-client")
def slow_client(client: Client) -> None:
    """Send a body in pieces, cut within characters, without a content-length."""
    for operation in client.main():
        exchange = client.post(operation, client.body(operation, f"Repeat: {PLANES}"), pieces=7)
        client.expect("slow-client", exchange, 200, 411)


PROBES = (
    every_plane,
    echoed,
    long_text,
    deep,
    huge,
    doubled,
    unknown_fields,
    head_and_options,
    slow_client,
)
