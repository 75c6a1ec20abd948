"""Why a turn answers: a scenario and one request, explained line by line.

The request is a JSON body, or a curl command as a person pastes it. The same matchers that decide in the engine speak
here, for a session that is new.
"""

import shlex
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import orjson

from mockserver.accounts import keys
from mockserver.accounts.session import Progress, Session
from mockserver.core.errors import OperatorError, Refusal
from mockserver.engine.request import Request, read_call
from mockserver.openapi.contract import Contract
from mockserver.scenarios.call import Call
from mockserver.scenarios.compile import CompiledTurn, Script
from mockserver.scenarios.matcher import differences
from mockserver.scenarios.turn_selection import NoTurnMatched, answers_kind, select_turn

_WITH_VALUE = {
    **dict.fromkeys(("-X", "--request"), "method"),
    **dict.fromkeys(("-H", "--header"), "header"),
    **dict.fromkeys(("-d", "--data", "--data-binary", "--data-ascii", "--json"), "data"),
    "--data-raw": "raw data",
    "--url": "url",
    **dict.fromkeys(("-o", "--output", "-m", "--max-time", "--connect-timeout", "-w", "--write-out"), "nothing"),
}
"""What the options with a value mean here."""

_NO_VALUE = {
    *("-s", "-S", "-i", "-v", "-k", "-L", "-N", "-f", "-g", "--silent", "--show-error", "--include", "--verbose"),
    *("--insecure", "--location", "--no-buffer", "--fail", "--fail-with-body", "--compressed", "--http1.1", "--http2"),
    *("--globoff", "--no-progress-meter"),
}
"""Options without a value, none of which changes what a scenario sees of a request."""


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
    method, url, data = "", "", list[str]()
    for option, value in _options(words):
        if option == "method":
            method = value
        elif option == "header":
            name, value = _header(value)
            headers.setdefault(name, value)
        elif option == "data" and value.startswith("@"):
            raise OperatorError(f"the body is in another file; put it in place of {value}, or give that file itself")
        elif option in ("data", "raw data"):
            data.append(value)
        elif option == "url":
            url = value
    try:
        found = urlsplit(url if "://" in url else f"//{url}")
    except ValueError as error:
        raise OperatorError(f"'{url}' is not a URL: {error}") from None
    method = method or ("POST" if data else "GET")
    return Request(method, path or found.path or "/", headers, "&".join(data).encode(), query=found.query)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The words of a curl command as what they mean, with their values: written apart, glued on or after `=`."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            yield "url", word
            continue
        if word.startswith("--"):
            option, glued, value = word.partition("=")
        else:
            while word[:2] in _NO_VALUE:  # -sN is -s -N
                word = f"-{word[2:]}"
            option, value = word[:2], word[2:]
            glued = value
        if option in _WITH_VALUE:
            yield _WITH_VALUE[option], value if glued else next(rest, "")
        elif option not in _NO_VALUE and option != "-":
            raise OperatorError(f"the curl option {option} is not understood here; leave it out")


def explain_lines(script: Script, contract: Contract, request: Request) -> Iterator[str]:
    """What a new session's first request gets, and why each turn does or does not answer."""
    try:
        operation, parameters = contract.find(request.method, request.path)
        if operation.handler is None:
            keys.authenticate(operation, request.headers)
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
    earlier: list[CompiledTurn] = []
    for play in script.plays:
        reasons = [str(difference) for difference in differences(play.matchers, call)]
        if not answers_kind(play, call):
            reasons.insert(0, f"it answers messages and chat, not {operation.name}")
        if reasons:
            yield f"  turn {play.number}: no; {', and '.join(reasons)}"
        else:
            yield f"  turn {play.number}: {_standing(earlier)}"
            earlier.append(play)


def _standing(earlier: Sequence[CompiledTurn]) -> str:
    """What becomes of a turn that matches, behind those that match too."""
    if not earlier:
        return "yes"
    for play in earlier:
        if play.times is None:
            if play.then is not None:  # it may not match in the state that it leads to
                return f"would match as well, when turn {play.number} does not"
            return f"is never reached for this request: turn {play.number} always answers"
    numbers = [str(play.number) for play in earlier]
    if len(numbers) == 1:
        return f"would match as well, when turn {numbers[0]} is used up"
    return f"would match as well, when turns {', '.join(numbers[:-1])} and {numbers[-1]} are used up"


def _chosen(script: Script, call: Call) -> int:
    try:
        found = select_turn(script, Progress(edition=script.edition), call, Session("explain"))
    except NoTurnMatched:
        return 0
    return found[0].number if found is not None else 0
