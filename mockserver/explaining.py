"""Why a turn answers: a scenario and one request, explained line by line.

The request is a JSON body, or a curl command as a person pastes it. The same matchers that decide in the engine speak
here, for a session that is new.
"""

import shlex
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import orjson

from mockserver.casting import Miss, cast_turn
from mockserver.contract import Contract
from mockserver.engine import Request, read_call
from mockserver.errors import OperatorError, Refusal
from mockserver.matching import Call, differences
from mockserver.script import Script
from mockserver.session import Progress, Session

_DATA = {"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"}
_NO_VALUE = {"-s", "-i", "-v", "-k", "-L", "-N", "-f", "-S", "--silent", "--include", "--verbose", "--no-buffer"}


def read_request(text: str, path: str | None, headers: Sequence[str] = ()) -> Request:
    """A request from what a person has at hand. Raises `OperatorError` for what is neither JSON nor curl."""
    given = dict([_header(header) for header in headers])
    text = text.strip()
    if text.startswith("curl"):
        return _from_curl(text, path, given)
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise OperatorError(
            f"the request is neither JSON nor a curl command: {error.msg} at byte {error.pos}"
        ) from None
    return Request("POST", path or _likely_path(body), {"x-api-key": "sk_test", **given}, text.encode())


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise OperatorError(f"'{text}' is not a header; write 'name: value'")
    return name.strip().lower(), value.strip()


def _likely_path(body: object) -> str:
    """The route of a body that came without one: BYOK has a provider, Anthropic's own fields tell its wire."""
    found = body if isinstance(body, dict) else {}
    if "provider" in found:
        return "/v1/chat/completions"
    tools = found.get("tools")
    anthropic_tools = isinstance(tools, list) and tools and isinstance(tools[0], dict) and "input_schema" in tools[0]
    if "system" in found or "stop_sequences" in found or anthropic_tools:
        return "/v1/messages"
    return "/api/v1/chat/completions" if tools or "stream_options" in found else "/v1/messages"


def _from_curl(text: str, path: str | None, headers: dict[str, str]) -> Request:
    try:
        words = shlex.split(text.replace("\\\n", " "))[1:]
    except ValueError as error:
        raise OperatorError(f"the curl command cannot be read: {error}") from None
    method, url, body = "", "", ""
    rest = iter(words)
    for word in rest:
        if word in ("-X", "--request"):
            method = next(rest, "")
        elif word in ("-H", "--header"):
            name, value = _header(next(rest, ":"))
            headers.setdefault(name, value)
        elif word in _DATA:
            body = next(rest, "")
        elif not word.startswith("-"):
            url = word
        elif word not in _NO_VALUE:
            raise OperatorError(f"the curl option {word} is not understood here; leave it out")
    found = urlsplit(url if "://" in url else f"//{url}")
    method = method or ("POST" if body else "GET")
    return Request(method, path or found.path or "/", headers, body.encode(), query=found.query)


def explain_lines(script: Script, contract: Contract, request: Request) -> Iterator[str]:
    """What a new session's first request gets, and why each turn does or does not answer."""
    try:
        operation, parameters = contract.find(request.method, request.path)
        call = read_call(operation, request, parameters)
    except Refusal as refusal:
        yield f"No turn is asked: the gateway refuses the request with {refusal.failure.status}."
        yield f"  {refusal.failure.message}"
        return
    chosen = _chosen(script, call)
    if chosen:
        yield f"Turn {chosen} of '{script.name}' answers this {operation.name} request."
    elif operation.is_conversation:
        yield f"No turn of '{script.name}' matches this {operation.name} request; it is answered 404."
    else:
        yield f"No turn of '{script.name}' names {operation.name}; the mock answers by itself."
    for play in script.plays:
        reasons = [str(difference) for difference in differences(play.matchers, call)]
        if not play.everywhere and not operation.is_conversation:
            reasons.insert(0, f"it answers messages and chat, not {operation.name}")
        if reasons:
            yield f"  turn {play.number}: no; {', and '.join(reasons)}"
        elif play.number == chosen:
            yield f"  turn {play.number}: yes"
        else:
            yield f"  turn {play.number}: would match as well, when turn {chosen} is used up"


def _chosen(script: Script, call: Call) -> int:
    try:
        found = cast_turn(script, Progress(edition=script.edition), call, Session("explain"))
    except Miss:
        return 0
    return found[0].number if found is not None else 0
