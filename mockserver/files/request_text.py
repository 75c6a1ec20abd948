"""A request that a person wrote down, as a JSON body or a curl command."""

import shlex
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import orjson

from mockserver.core.errors import OperatorError
from mockserver.engine.request import Request
from mockserver.wires import likely_wire

_WITH_VALUE = {
    **dict.fromkeys(("-X", "--request"), "method"),
    **dict.fromkeys(("-H", "--header"), "header"),
    **dict.fromkeys(("-d", "--data", "--data-binary", "--data-ascii", "--json"), "data"),
    "--data-raw": "raw data",
    "--url": "url",
    **dict.fromkeys(("-o", "--output", "-m", "--max-time", "--connect-timeout", "-w", "--write-out"), "nothing"),
}
"""The options of curl that take a value, and what the value is."""

_NO_VALUE = {
    *("-s", "-S", "-i", "-v", "-k", "-L", "-N", "-f", "-g", "--silent", "--show-error", "--include", "--verbose"),
    *("--insecure", "--location", "--no-buffer", "--fail", "--fail-with-body", "--compressed", "--http1.1", "--http2"),
    *("--globoff", "--no-progress-meter"),
}
"""The options of curl without a value that change nothing a scenario can see."""


def read_request(text: str, path: str | None, headers: Sequence[str] = ()) -> Request:
    """Return the request in a JSON body or a curl command. Raises `OperatorError` if the text is neither.

    `path` replaces the path that is derived from the body or the URL; `headers` are lines such as `name: value`.
    """
    extra_headers = dict([_header(header) for header in headers])
    text = text.strip()
    if text.startswith("curl"):
        return _from_curl(text, path, extra_headers)
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise OperatorError(
            f"the request is neither JSON nor a curl command: {error.msg} at byte {error.pos}"
        ) from None
    return Request("POST", path or _likely_path(body), {"x-api-key": "sk_test", **extra_headers}, text.encode())


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise OperatorError(f"'{text}' is not a header; expected 'name: value'")
    return name.strip().lower(), value.strip()


def _likely_path(body: object) -> str:
    """Return the route that a body is most likely meant for: BYOK has `provider`, each wire fields of its own."""
    fields = body if isinstance(body, dict) else {}
    if "provider" in fields:
        return "/v1/chat/completions"
    return likely_wire(fields).route


def _from_curl(text: str, path: str | None, headers: dict[str, str]) -> Request:
    try:
        words = shlex.split(text.replace("\\\n", " "))[1:]
    except ValueError as error:
        raise OperatorError(f"the curl command cannot be read: {error}") from None
    method, url, data = "", "", list[str]()
    for option, value in _options(words):
        if option == "method":
            method = value
        elif option == "header":
            name, value = _header(value)
            headers.setdefault(name, value)
        elif option == "data" and value.startswith("@"):
            raise OperatorError(
                f"the body is in another file; replace {value} by its content, or pass that file to --request"
            )
        elif option in ("data", "raw data"):
            data.append(value)
        elif option == "url":
            url = value
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
    except ValueError as error:
        raise OperatorError(f"'{url}' is not a URL: {error}") from None
    method = method or ("POST" if data else "GET")
    return Request(method, path or parts.path or "/", headers, "&".join(data).encode(), query=parts.query)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each word of a curl command as (meaning, value); the value may be separate, attached or after `=`."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            yield "url", word
            continue
        if word.startswith("--"):
            option, attached, value = word.partition("=")
        else:
            while word[:2] in _NO_VALUE:  # -sN is -s -N
                word = f"-{word[2:]}"
            option, value = word[:2], word[2:]
            attached = value
        if option in _WITH_VALUE:
            yield _WITH_VALUE[option], value if attached else next(rest, "")
        elif option not in _NO_VALUE and option != "-":
            raise OperatorError(f"unsupported curl option {option}; remove it")
