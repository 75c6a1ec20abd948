"""An exchange as a snippet to paste: a curl command, a scenario, a test. Credentials become $KEY or the fixture's key.

The scenario and the test give the same answer again, its faults and its pace included; see `turn_words`.
"""

import base64
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import yaml

from mockserver.control.turn_words import answer_words, remarks
from mockserver.journal.record import NO_ROUTE, Record
from mockserver.journal.redact import is_secret

CLIENT_HEADERS = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
)
"""Headers that every HTTP client sets itself."""

KEY_WANTED = ': "${KEY:?is not set. The mock keeps no keys; run: export KEY=<your API key of the mock>}" &&\n'
"""The line of a curl command that says where $KEY comes from."""

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
    """Return the request as a curl command. Everything the client sent is quoted; only the key is a variable.

    The journal keeps no key, so the shell stops with a message where KEY is not set.
    """
    name, before = _key_header(record)
    arguments = ["curl -sS -i", *_method(record), shlex.quote(url + _path(record)), f'-H "{name}: {before}$KEY"']
    headers = _headers(record)
    arguments += [f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}" for name, value in headers.items()]
    if not record.body:
        return KEY_WANTED + " \\\n  ".join(arguments)
    if "content-type" not in headers:
        arguments.append("-H content-type:")  # otherwise curl sends the type of a form
    text = _plain(record.body)
    if text is not None:
        return KEY_WANTED + " \\\n  ".join([*arguments, f"--data-raw {shlex.quote(text)}"])
    lines = base64.encodebytes(record.body).decode()
    return KEY_WANTED + f"base64 -d <<'BODY' |\n{lines}BODY\n" + " \\\n  ".join([*arguments, "--data-binary @-"])


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
    return {"when": _when(record), **answer_words(record)}


def _when(record: Record) -> dict[str, object]:
    conversation = record.conversation
    if conversation is None:
        operation = record.exchange.note.operation
        return {"operation": operation} if operation not in ("", NO_ROUTE.name) else {"path": record.path}
    if conversation.last == "tool_result":
        return {"last": "tool_result"}
    text = conversation.last_user_text
    if len(text) > LONGEST_MATCHED_TEXT:
        return {"text": {"contains": text[:LONGEST_MATCHED_TEXT]}}
    return {"text": text} if text else {"last": conversation.last}


class _Writer(yaml.SafeDumper):
    """A YAML writer that quotes every text except plain words, since parsers disagree about what else is text."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _PLAIN.fullmatch(text) else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)
_Writer.ignore_aliases = lambda self, data: True  # type: ignore[method-assign] # a copy has no anchors


def scenario(record: Record, url: str = "") -> str:
    """Return the exchange as a scenario file with one turn."""
    document = {"scenario": f"exchange-{record.number}", "turns": [_turn(record)]}
    text: str = yaml.dump(document, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100)
    return "".join([f"# {remark}\n" for remark in remarks(record)]) + text


def pytest(record: Record, url: str = "") -> str:
    """Return the exchange as a test with the fixture `gateway`; replace its httpx call by your own client."""
    title = _SEPARATORS.sub("_", (record.exchange.note.operation or "request").lower()).strip("_")
    name, before = _key_header(record)
    headers = ", ".join([f"{key!r}: {value!r}" for key, value in _headers(record).items()])
    arguments = [repr(record.method), f"gateway.url + {_path(record)!r}", "headers=headers"]
    arguments += ["content=body"] if record.body else []
    call = f"httpx.request({', '.join(arguments)})"
    is_odd = _is_odd(record)
    lines = [*(["import contextlib", ""] if is_odd else []), "import httpx", "", "", f"def test_{title}(gateway):"]
    lines += [f"    # {remark}" for remark in remarks(record)]
    if record.call.operation.name == NO_ROUTE.name and not record.turn:
        lines.append("    gateway.allow_unmatched()")
    elif not _is_refused(record):
        lines.append(f"    {_played(record)}")
    lines.append(f'    headers = {{"{name}": f"{before}{{gateway.key}}", {headers}}}')
    lines += [f"    body = {record.body!r}"] if record.body else []
    if is_odd:
        lines += [
            "    with contextlib.suppress(httpx.HTTPError):  # the answer is broken",
            f"        {call}",
        ]
        lines += [f"    assert gateway.journal.last.status == {record.status}"]
    else:
        lines += [f"    answer = {call}", f"    assert answer.status_code == {record.status}"]
    return "\n".join([*lines, ""])


def _is_odd(record: Record) -> bool:
    """Return whether the HTTP client may raise an error of its own."""
    recipe = record.exchange.captured.recipe
    return record.ended != "complete" or not record.status or (recipe is not None and bool(recipe.faults))


def _is_refused(record: Record) -> bool:
    """Return whether the gateway rejects such a request before it looks for a turn."""
    return record.call.operation.is_conversation and record.conversation is None


def _played(record: Record) -> str:
    """Return the call of the fixture that plays the answer: `reply`, `error`, or `turn` for everything else."""
    words = answer_words(record)
    if record.conversation is None:
        words = {"when": _when(record), **words}
    # `hold` waits for a person, and no test has one.
    faults = [fault for fault in _listed(words.pop("faults", None)) if "hold" not in (fault, *fault)]
    words |= {"faults": faults} if faults else {}
    if "reply" in words:
        reply = words.pop("reply")
        return _call("reply", [reply] if isinstance(reply, str) else _listed(reply), words)
    error = words.get("error")
    if isinstance(error, dict) and set(words) <= {"error", "when"}:
        del words["error"]
        return _call("error", [error.pop("status")], {**words, **error})
    return _call("turn", [], words)


def _listed(value: object) -> list[Any]:  # Any: faults and blocks in the words of a file
    return value if isinstance(value, list) else []


def _call(method: str, arguments: Sequence[object], words: Mapping[str, object]) -> str:
    named = [f"{name}={value!r}" for name, value in words.items()]
    return f"gateway.{method}({', '.join([*map(repr, arguments), *named])})"


COPIES: Mapping[str, Callable[[Record, str], str]] = {"curl": curl, "scenario": scenario, "pytest": pytest}
"""The snippets by format; each function takes the record and the gateway's URL."""
