"""An exchange as something to paste: a curl command, a scenario, a test. Credentials are $KEY, or the fixture's.

The scenario gives a request like this one the answer that was delivered, as far as a turn can say it: of a stream that
a fault has bent, what a client can have understood.
"""

import base64
import re
import shlex
from collections.abc import Callable, Mapping
from urllib.parse import quote

import orjson
import yaml

from mockserver.control.serializers import uncut
from mockserver.journal.record import NO_ROUTE, Record
from mockserver.journal.redact import is_secret

OWN = frozenset({"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"})
"""Headers that every client writes itself."""

LONGEST_WORD = 100_000
"""Bytes of a body that is written on the command line; Linux takes 128 KiB."""
LONGEST_WANTED = 200
"""How much of the last text a scenario asks for."""

_WORDS = re.compile(r"[A-Za-z_][A-Za-z_ .,/-]*[A-Za-z.]")
"""Texts that no reader of YAML takes for anything else, or that the writer quotes by itself."""
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def _key_header(record: Record) -> tuple[str, str]:
    """The header that the key comes in, and what stands before the key there."""
    return ("authorization", "Bearer ") if "authorization" in record.headers else ("x-api-key", "")


def _headers(record: Record) -> dict[str, str]:
    """The headers that make a request what it is, without those that carry secrets."""
    return {
        name: value
        for name, value in record.headers.items()
        if name not in OWN and not is_secret(name) and not name.startswith(("x-stainless", "sec-", "x-mock"))
    }


def _path(record: Record) -> str:
    """The path as it stands in a URL; [ and { would be patterns to curl."""
    return quote(record.path, safe="/:@!$&'()*+,;=~")


def curl(record: Record, url: str) -> str:
    """The request as a curl command. Every word that a client has sent is quoted; the key alone is a variable."""
    name, before = _key_header(record)
    words = ["curl -sS -i", *_method(record), shlex.quote(url + _path(record)), f'-H "{name}: {before}$KEY"']
    headers = _headers(record)
    words += [f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}" for name, value in headers.items()]
    if not record.body:
        return " \\\n  ".join(words)
    if "content-type" not in headers:
        words.append("-H content-type:")  # curl would say that it is a form
    text = _plain(record.body)
    if text is not None:
        return " \\\n  ".join([*words, f"--data-raw {shlex.quote(text)}"])
    lines = base64.encodebytes(record.body).decode()
    return f"base64 -d <<'BODY' |\n{lines}BODY\n" + " \\\n  ".join([*words, "--data-binary @-"])


def _method(record: Record) -> list[str]:
    if record.method == "HEAD":
        return ["--head"]
    return [] if record.method == ("POST" if record.body else "GET") else [f"-X {shlex.quote(record.method)}"]


def _plain(body: bytes) -> str | None:
    """A body that can be written on a command line."""
    if len(body) > LONGEST_WORD or b"\0" in body:
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


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
    text = conversation.last_user_text
    if len(text) > LONGEST_WANTED:
        return {"text": {"contains": text[:LONGEST_WANTED]}}
    return {"text": text} if text else {"last": conversation.last}


def _given(record: Record) -> Mapping[str, object]:
    """What a turn says that gives this answer."""
    found = _literal(_answer(record))
    return found if isinstance(found, dict) else {}


def _answer(record: Record) -> dict[str, object]:
    answer = record.answer
    if not record.status:
        return {"reply": "", "faults": ["reset"]}  # no head came: the connection broke
    if record.status >= 400:
        error: dict[str, object] = {"status": record.status}
        told = record.response_headers.get("retry-after", "")
        error |= {"retry_after": int(told)} if told.isdecimal() else {}
        return {"error": error | ({"message": answer.error} if answer.error else {})}
    if record.conversation is None:
        return {"response": {"status": record.status, "body": _parsed(uncut(record.exchange))}}
    blocks: list[object] = [answer.text] if answer.text else []
    blocks += [{"tool_use": _tool_use(call.name, call.input)} for call in answer.calls]
    return {"reply": blocks[0] if len(blocks) == 1 and answer.text else blocks or ""}


def _parsed(body: bytes) -> object:
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


class _Writer(yaml.SafeDumper):
    """Writes every text in quotes that is not plainly words: what a reader takes for a number differs."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _WORDS.fullmatch(text) else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def scenario(record: Record, url: str = "") -> str:
    """The exchange as a scenario file of one turn."""
    document = {"scenario": f"exchange-{record.number}", "turns": [_turn(record)]}
    text: str = yaml.dump(document, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100)
    return text


def pytest(record: Record, url: str = "") -> str:
    """The exchange as a test with the fixture `gateway`, to be filled with one's own client."""
    title = _NOT_A_WORD.sub("_", (record.exchange.note.operation or "request").lower()).strip("_")
    name, before = _key_header(record)
    headers = ", ".join([f"{key!r}: {value!r}" for key, value in _headers(record).items()])
    arguments = [repr(record.method), f"gateway.url + {_path(record)!r}", "headers=headers"]
    arguments += ["content=body"] if record.body else []
    asking = f"httpx.request({', '.join(arguments)})"
    lines = ["import httpx", *([] if record.status else ["import pytest"]), "", "", f"def test_{title}(gateway):"]
    if record.call.operation is NO_ROUTE:
        lines.append("    gateway.allow_unmatched()")
    elif not _is_refused(record):
        lines.append(f"    gateway.turn(**{_scripted(record)!r})")
    lines.append(f'    headers = {{"{name}": f"{before}{{gateway.key}}", {headers}}}')
    lines += [f"    body = {record.body!r}"] if record.body else []
    if record.status:
        lines += [f"    answer = {asking}", f"    assert answer.status_code == {record.status}"]
    else:
        lines += ["    with pytest.raises(httpx.HTTPError):", f"        {asking}"]
    return "\n".join([*lines, ""])


def _is_refused(record: Record) -> bool:
    """Whether the gateway refuses such a request before any turn is asked."""
    return record.call.operation.is_conversation and record.conversation is None


def _scripted(record: Record) -> Mapping[str, object]:
    """The turn of a test: any conversation gets it, another operation must be named."""
    return _given(record) if record.conversation is not None else _turn(record)


COPIES: Mapping[str, Callable[[Record, str], str]] = {"curl": curl, "scenario": scenario, "pytest": pytest}
"""What an exchange can be copied as; each takes the record and the gateway's URL."""
