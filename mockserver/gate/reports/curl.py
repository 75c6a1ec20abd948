"""A request as a curl command that works when pasted. Credentials are shell variables; nothing else is hidden or cut.

A body that is too long to read, or that a terminal cannot show, is packed: `echo … | base64 -d | gunzip | curl`.
"""

import base64
import gzip
import re
import shlex

from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.probes.auth import ANTHROPIC_KEY
from mockserver.gate.redact import MARK, mark_fields, redact_text

LONGEST = 2000
"""Bytes of a body that is shown unpacked."""

OWN = {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
"""Headers that curl writes itself."""

SECRET = {"x-api-key": "KEY", "authorization": "KEY", "proxy-authorization": "KEY", "cookie": "COOKIE"}
"""Headers with a credential -> the variable in their place."""


def packed(request: SentRequest) -> str:
    """Return a description of a packed body; an empty string if the command shows the body."""
    if request.body is None or _shown(request.body):
        return ""
    return f"{len(request.body):,} bytes, beginning with {redact_text(request.body[:60].decode('utf-8', 'replace'))!r}"


def curl(base: str, request: SentRequest) -> str:
    """Return the command."""
    parts = ["curl -sS -i"]
    if request.method == "HEAD":
        parts.append("--head")
    elif request.method != ("POST" if request.body is not None else "GET"):
        parts.append(f"-X {shlex.quote(request.method)}")
    parts.append(_quoted(base + request.path))
    parts += [f"-H {_header(name, value)}" for name, value in request.headers.items() if name not in OWN]
    before = ""
    if request.body is not None:
        quoted = _shown(request.body)
        parts.append(f"--data-binary {quoted or '@-'}")
        before = "" if quoted else _packed(request.body)
    return before + " \\\n  ".join(parts)


def _header(name: str, value: str) -> str:
    scheme, space, token = value.partition(" ")
    if name not in SECRET or not value or value.endswith(ANTHROPIC_KEY):
        return _quoted(f"{name}: {value}" if value else f"{name};")
    if name.endswith("authorization") and space and token and scheme.isalpha():
        return f'"{name}: {scheme} ${SECRET[name]}"'
    return f'"{name}: ${SECRET[name]}"'


def _shown(body: bytes) -> str:
    """Return the quoted body, or an empty string if it cannot be shown."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    if len(body) > LONGEST or not text.isprintable():
        return ""
    return _quoted(mark_fields(text))


def _quoted(text: str) -> str:
    """Return a text quoted for a shell, with a variable for each marked name."""
    return re.sub(rf"{MARK}(\w+){MARK}", r"""'"$\1"'""", shlex.quote(text))


def _packed(body: bytes) -> str:
    """Return the commands that write the body to curl's standard input."""
    return f"echo {base64.b64encode(gzip.compress(body, mtime=0)).decode()} | base64 -d | gunzip | "
