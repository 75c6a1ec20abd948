"""A request as a curl command that works when pasted: the credential is $KEY, nothing else is hidden or cut."""

import re
import shlex

from contracts.exchange import Asked

LONGEST = 6000
"""A longer body is written to a file by whoever needs it; nobody pastes it."""

OWN = {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
"""Headers that curl writes itself."""

SECRET = {"x-api-key", "authorization"}
REFUSED = "sk-ant-"
"""Keys that begin so are no secrets here: they are the scenes' own."""

SECRET_FIELDS = re.compile(r'("(password|access_token|refresh_token)"\s*:\s*)"(?:[^"\\\\]|\\\\.)*"')


def curl(base: str, asked: Asked) -> str:
    """The command."""
    parts = ["curl -sS -i"]
    if asked.method == "HEAD":
        parts.append("--head")
    elif asked.method != ("POST" if asked.body is not None else "GET"):
        parts.append(f"-X {asked.method}")
    parts.append(shlex.quote(base + asked.path))
    parts += [f"-H {_header(name, value)}" for name, value in asked.headers.items() if name not in OWN]
    if asked.body is not None:
        parts.append(_body(asked.body))
    return " \\\n  ".join(parts)


def _header(name: str, value: str) -> str:
    scheme, space, token = value.partition(" ")
    if name not in SECRET or REFUSED in value or not value:
        return shlex.quote(f"{name}: {value}" if value else f"{name};")
    if name == "authorization" and space and token:
        return f'"{name}: {scheme} $KEY"'
    return f'"{name}: $KEY"'


def hidden(text: str) -> str:
    """A body without passwords and tokens."""
    return SECRET_FIELDS.sub(lambda found: f'{found.group(1)}"${found.group(2).upper()}"', text)


def _body(body: bytes) -> str:
    if len(body) > LONGEST:
        return f"--data-binary @body.json  # {len(body)} bytes, beginning with {body[:80]!r}"
    try:
        text = hidden(body.decode("utf-8"))
    except UnicodeDecodeError:
        return f"--data-binary $'{''.join(f'{chr(92)}x{byte:02x}' for byte in body)}'"
    if "\x00" in text:
        return f"--data-binary @body.json  # it has a NUL: {text[:80]!r}"
    return f"--data-binary {shlex.quote(text)}"
