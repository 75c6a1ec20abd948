"""An exchange as something to paste: a curl command, a scenario, a test. Credentials are $KEY, or the fixture's.

The scenario gives a request like this one the answer that was delivered, as far as a turn can say it: of a stream that
a fault has bent, what a client can have understood.
"""

import re
import shlex
from collections.abc import Callable, Mapping

import orjson
import yaml

from mockserver.capture import is_secret
from mockserver.control.shown import uncut
from mockserver.records import Record

OWN = frozenset({"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"})
"""Headers that every client writes itself."""

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def _headers(record: Record) -> dict[str, str]:
    """The headers that make a request what it is; of those that carry secrets only the key's."""
    kept: dict[str, str] = {}
    for name, value in record.headers.items():
        if name == "x-api-key":
            kept[name] = "$KEY"
        elif name == "authorization":
            kept[name] = f"{value.partition(' ')[0]} $KEY" if " " in value else "Bearer $KEY"
        elif name not in OWN and not is_secret(name) and not name.startswith(("x-stainless", "sec-", "x-mock")):
            kept[name] = value
    return kept


def curl(record: Record, url: str) -> str:
    """The request as a curl command."""
    lines = ["curl -sS -i" if record.method in ("GET", "POST") else f"curl -sS -i -X {record.method}"]
    lines.append(shlex.quote(url + record.path))
    for name, value in _headers(record).items():
        quoted = f'"{name}: {value}"' if "$KEY" in value else shlex.quote(f"{name}: {value}")
        lines.append(f"-H {quoted}")
    if record.body:
        lines.append(f"--data-binary {shlex.quote(record.body.decode('utf-8', 'replace'))}")
    return " \\\n  ".join(lines)


def _turn(record: Record) -> dict[str, object]:
    """A turn that answers a request like this one as it was answered."""
    return {"when": _when(record), **_given(record)}


def _when(record: Record) -> dict[str, object]:
    conversation = record.conversation
    if conversation is None:
        operation = record.exchange.note.operation
        return {"operation": operation} if operation else {"path": record.path}
    if conversation.last == "tool_result":
        return {"last": "tool_result"}
    return {"text": conversation.last_user_text} if conversation.last_user_text else {"last": conversation.last}


def _given(record: Record) -> Mapping[str, object]:
    """What a turn says that gives this answer."""
    found = _literal(_answer(record))
    return found if isinstance(found, dict) else {}


def _answer(record: Record) -> dict[str, object]:
    answer = record.answer
    if record.status >= 400:
        error: dict[str, object] = {"status": record.status}
        told = record.response_headers.get("retry-after", "")
        error |= {"retry_after": int(told)} if told.isdecimal() else {}
        return {"error": error | ({"message": answer.error} if answer.error else {})}
    if record.conversation is None:
        body = uncut(record.exchange)
        return {"response": {"status": record.status, "body": parsed(body)}}
    blocks: list[object] = [answer.text] if answer.text else []
    blocks += [{"tool_use": _tool_use(call.name, call.input)} for call in answer.calls]
    return {"reply": blocks[0] if len(blocks) == 1 and answer.text else blocks or ""}


def parsed(body: bytes) -> object:
    """A body as JSON, or as the text that it is."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def _tool_use(name: str, input: object) -> dict[str, object]:
    return {"name": name, "input": input if isinstance(input, dict) else {}}


def _literal(words: object) -> object:
    """The same words, in which {{ is text."""
    if isinstance(words, str):
        return words.replace("{{", "{{braces}}")
    if isinstance(words, Mapping):
        return {key: _literal(value) for key, value in words.items()}
    return [_literal(item) for item in words] if isinstance(words, list) else words


def scenario(record: Record, url: str = "") -> str:
    """The exchange as a scenario file of one turn."""
    document = {"scenario": f"exchange-{record.number}", "turns": [_turn(record)]}
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text


def pytest(record: Record, url: str = "") -> str:
    """The exchange as a test with the fixture `gateway`, to be filled with one's own client."""
    name = _NOT_A_WORD.sub("_", (record.exchange.note.operation or "request").lower()).strip("_")
    headers = {key: value for key, value in _headers(record).items() if "$KEY" not in value}
    key = "authorization" if "authorization" in record.headers else "x-api-key"
    value = 'f"Bearer {gateway.key}"' if key == "authorization" else "gateway.key"
    sent = ", ".join([f'"{key}": {value}', *[f"{name!r}: {value!r}" for name, value in headers.items()]])
    lines = ["import httpx", "", "", f"def test_{name}(gateway):", f"    gateway.turn(**{_given(record)!r})"]
    lines.append(f"    headers = {{{sent}}}")
    body = ["        content=body,"] if record.body else []
    if record.body:
        lines.append(f"    body = {record.body!r}")
    lines += ["    answer = httpx.request(", f"        {record.method!r},", f"        gateway.url + {record.path!r},"]
    lines += [*body, "        headers=headers,", "    )", f"    assert answer.status_code == {record.status}", ""]
    return "\n".join(lines)


COPIES: Mapping[str, Callable[[Record, str], str]] = {"curl": curl, "scenario": scenario, "pytest": pytest}
"""What an exchange can be copied as; each takes the record and the gateway's URL."""
