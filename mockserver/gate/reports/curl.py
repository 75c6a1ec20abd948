"""A request as a command that works when pasted: credentials are shell variables, nothing else is hidden or cut.

A body that is too long to read, or that a terminal cannot show, comes packed: `echo … | base64 -d | gunzip | curl`.
"""

import base64
import gzip
import re
import shlex

from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.probes.auth import ANTHROPIC_KEY
from mockserver.gate.redact import MARK, mark_fields, redact_text

LONGEST = 2000
"""Bytes of a body that is shown as it is."""

OWN = {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
"""Headers that curl writes itself."""

SECRET = {"x-api-key": "KEY", "authorization": "KEY", "proxy-authorization": "KEY", "cookie": "COOKIE"}
"""Headers with a credential -> the variable that stands for it."""


def packed(request: SentRequest) -> str:
    """What a packed body holds, for people; nothing if the command shows it."""
    if request.body is None or _shown(request.body):
        return ""
    return f"{len(request.body):,} bytes, beginning with {redact_text(request.body[:60].decode('utf-8', 'replace'))!r}"


def curl(base: str, request: SentRequest) -> str:
    """The command."""
    parts = ["curl -sS -i"]
    if request.method == "HEAD":
        parts.append("--head")
    elif request.method != ("POST" if request.body is not None else "GET"):
        parts.append(f"-X {shlex.quote(request.method)}")
    parts.append(shlex.quote(base + request.path))
    parts += [f"-H {_header(name, value)}" for name, value in request.headers.items() if name not in OWN]
    before = ""
    if request.body is not None:
        shown = _shown(request.body)
        parts.append(f"--data-binary {shown or '@-'}")
        before = "" if shown else _packed(request.body)
    return before + " \\\n  ".join(parts)


def _header(name: str, value: str) -> str:
    scheme, space, token = value.partition(" ")
    if name not in SECRET or not value or value.endswith(ANTHROPIC_KEY):
        return shlex.quote(f"{name}: {value}" if value else f"{name};")
    if name.endswith("authorization") and space and token and scheme.isalpha():
        return f'"{name}: {scheme} ${SECRET[name]}"'
    return f'"{name}: ${SECRET[name]}"'


def _shown(body: bytes) -> str:
    """The body in quotes, or nothing if it cannot be shown so."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    if len(body) > LONGEST or not text.isprintable():
        return ""
    return re.sub(rf"{MARK}(\w+){MARK}", r"""'"$\1"'""", shlex.quote(mark_fields(text)))


def _packed(body: bytes) -> str:
    """What puts the body on curl's standard input."""
    return f"echo {base64.b64encode(gzip.compress(body, mtime=0)).decode()} | base64 -d | gunzip | "
