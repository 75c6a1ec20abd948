"""An exchange as a snippet to paste: a curl command, a scenario, a test. Credentials become $KEY or the fixture's key.

The scenario returns the delivered answer to a similar request, as far as a turn can express it: for a stream that a
fault changed, it has what a client could understand.
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

CLIENT_HEADERS = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
)
"""Headers that every HTTP client sets itself."""

LONGEST_ARGUMENT = 100_000
"""The maximum size in bytes of a body on the command line; Linux allows 128 KiB."""
LONGEST_MATCHED_TEXT = 200
"""How many characters of the last user text a scenario matches."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_ .,/-]*[A-Za-z.]")
"""Texts that every YAML parser reads as text, or that the YAML writer quotes."""
_SEPARATORS = re.compile(r"[^a-z0-9]+")


def _key_header(record: Record) -> tuple[str, str]:
    """Return the name of the header that carries the key, and the prefix of its value."""
    return ("authorization", "Bearer ") if "authorization" in record.headers else ("x-api-key", "")


def _headers(record: Record) -> dict[str, str]:
    """Return the headers worth repeating, without secrets and those that clients set themselves."""
    return {
        name: value
        for name, value in record.headers.items()
        if name not in CLIENT_HEADERS and not is_secret(name) and not name.startswith(("x-stainless", "sec-", "x-mock"))
    }


def _path(record: Record) -> str:
    """Return the path, quoted for a URL; curl would expand [ and {."""
    return quote(record.path, safe="/:@!$&'()*+,;=~")


def curl(record: Record, url: str) -> str:
    """Return the request as a curl command. Everything the client sent is quoted; only the key is a variable."""
    name, before = _key_header(record)
    arguments = ["curl -sS -i", *_method(record), shlex.quote(url + _path(record)), f'-H "{name}: {before}$KEY"']
    headers = _headers(record)
    arguments += [f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}" for name, value in headers.items()]
    if not record.body:
        return " \\\n  ".join(arguments)
    if "content-type" not in headers:
        arguments.append("-H content-type:")  # otherwise curl sends the type of a form
    text = _plain(record.body)
    if text is not None:
        return " \\\n  ".join([*arguments, f"--data-raw {shlex.quote(text)}"])
    lines = base64.encodebytes(record.body).decode()
    return f"base64 -d <<'BODY' |\n{lines}BODY\n" + " \\\n  ".join([*arguments, "--data-binary @-"])


def _method(record: Record) -> list[str]:
    if record.method == "HEAD":
        return ["--head"]
    return [] if record.method == ("POST" if record.body else "GET") else [f"-X {shlex.quote(record.method)}"]


def _plain(body: bytes) -> str | None:
    """Return the body as text for a command line; None if it cannot be one."""
    if len(body) > LONGEST_ARGUMENT or b"\0" in body:
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _turn(record: Record) -> dict[str, object]:
    """Return a turn that gives a similar request the same answer."""
    return {"when": _when(record), **_answer_of_turn(record)}


def _when(record: Record) -> dict[str, object]:
    conversation = record.conversation
    if conversation is None:
        operation = record.exchange.note.operation
        return {"operation": operation} if operation else {"path": record.path}
    if conversation.last == "tool_result":
        return {"last": "tool_result"}
    text = conversation.last_user_text
    if len(text) > LONGEST_MATCHED_TEXT:
        return {"text": {"contains": text[:LONGEST_MATCHED_TEXT]}}
    return {"text": text} if text else {"last": conversation.last}


def _answer_of_turn(record: Record) -> Mapping[str, object]:
    """Return the keys of a turn that produce this answer."""
    answer = _literal(_answer(record))
    return answer if isinstance(answer, dict) else {}


def _answer(record: Record) -> dict[str, object]:
    answer = record.answer
    if not record.status:
        return {"reply": "", "faults": ["reset"]}  # no response head: the connection broke
    if record.status >= 400:
        error: dict[str, object] = {"status": record.status}
        seconds = record.response_headers.get("retry-after", "")
        error |= {"retry_after": int(seconds)} if seconds.isdecimal() else {}
        return {"error": error | ({"message": answer.error} if answer.error else {})}
    if record.conversation is None:
        return {"response": {"status": record.status, "body": _parsed(uncut(record.exchange))}}
    blocks: list[object] = [answer.text] if answer.text else []
    blocks += [{"tool_use": _tool_use(call.name, call.input)} for call in answer.calls]
    return {"reply": blocks[0] if len(blocks) == 1 and answer.text else blocks or ""}


def _parsed(body: bytes) -> object:
    """Parse a body as JSON; return it as text if it is not JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def _tool_use(name: str, input: object) -> dict[str, object]:
    return {"name": name, "input": input if isinstance(input, dict) else {}}


def _literal(value: object) -> object:
    """Return a value in which {{ is text and not a template."""
    if isinstance(value, str):
        return value.replace("{{", "{{braces}}")
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value


class _Writer(yaml.SafeDumper):
    """A YAML writer that quotes every text except plain words, since parsers disagree about what else is text."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _PLAIN.fullmatch(text) else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def scenario(record: Record, url: str = "") -> str:
    """Return the exchange as a scenario file with one turn."""
    document = {"scenario": f"exchange-{record.number}", "turns": [_turn(record)]}
    text: str = yaml.dump(document, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100)
    return text


def pytest(record: Record, url: str = "") -> str:
    """Return the exchange as a test with the fixture `gateway`; replace its httpx call by your own client."""
    title = _SEPARATORS.sub("_", (record.exchange.note.operation or "request").lower()).strip("_")
    name, before = _key_header(record)
    headers = ", ".join([f"{key!r}: {value!r}" for key, value in _headers(record).items()])
    arguments = [repr(record.method), f"gateway.url + {_path(record)!r}", "headers=headers"]
    arguments += ["content=body"] if record.body else []
    call = f"httpx.request({', '.join(arguments)})"
    lines = ["import httpx", *([] if record.status else ["import pytest"]), "", "", f"def test_{title}(gateway):"]
    if record.call.operation is NO_ROUTE:
        lines.append("    gateway.allow_unmatched()")
    elif not _is_refused(record):
        lines.append(f"    gateway.turn(**{_turn_of_test(record)!r})")
    lines.append(f'    headers = {{"{name}": f"{before}{{gateway.key}}", {headers}}}')
    lines += [f"    body = {record.body!r}"] if record.body else []
    if record.status:
        lines += [f"    answer = {call}", f"    assert answer.status_code == {record.status}"]
    else:
        lines += ["    with pytest.raises(httpx.HTTPError):", f"        {call}"]
    return "\n".join([*lines, ""])


def _is_refused(record: Record) -> bool:
    """Return whether the gateway rejects such a request before it looks for a turn."""
    return record.call.operation.is_conversation and record.conversation is None


def _turn_of_test(record: Record) -> Mapping[str, object]:
    """Return the turn of a test: any conversation matches it, another operation must be named."""
    return _answer_of_turn(record) if record.conversation is not None else _turn(record)


COPIES: Mapping[str, Callable[[Record, str], str]] = {"curl": curl, "scenario": scenario, "pytest": pytest}
"""The snippets by format; each function takes the record and the gateway's URL."""
