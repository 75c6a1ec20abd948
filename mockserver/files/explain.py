"""`mockserver explain`: which turn of a scenario answers a request, and why each other turn does not.

The request is a JSON body, or a curl command. It is matched by the engine's own matchers, as the first request of a
new session.
"""

import shlex
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import msgspec
import orjson

from mockserver.accounts import keys
from mockserver.accounts.session import Progress, Session
from mockserver.core.errors import OperatorError, Refusal
from mockserver.engine import prompt_cache, unrouted
from mockserver.engine.request import Request, read_call
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.openapi.router import NO_PARAMETERS, Parameters
from mockserver.scenarios.call import Call
from mockserver.scenarios.compile import CompiledTurn, Script
from mockserver.scenarios.difference import join_differences
from mockserver.scenarios.turn_selection import NoTurnMatched, reasons_against, select_turn
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


def explain_lines(script: Script, contract: Contract, request: Request) -> Iterator[str]:
    """Yield which turn answers the first request of a new session, then a line for each turn with the reason."""
    try:
        operation, parameters = _operation(script, contract, request)
        if operation.handler is None:
            keys.authenticate(operation, request.headers)
        call = _with_cache(read_call(operation, request, parameters, lenient=script.lenient))
    except Refusal as refusal:
        yield f"No turn is tried: the gateway rejects this request with {refusal.failure.status}."
        yield f"  {refusal.failure.message}"
        return
    chosen = _chosen(script, call)
    if chosen:
        kind = "" if operation.name == unrouted.NAME else f"{operation.name} "
        yield f"Turn {chosen} of '{script.name}' answers this {kind}request."
    elif operation.is_conversation:
        yield f"No turn of '{script.name}' matches this {operation.name} request; the answer is a 404."
    else:
        yield f"No turn of '{script.name}' names {operation.name}; the mock gives its default answer."
    earlier: list[CompiledTurn] = []
    for turn in script.turns:
        reasons = reasons_against(turn, call)
        if reasons:
            yield f"  turn {turn.number}: no; {join_differences(reasons)}"
        else:
            yield f"  turn {turn.number}: {_rank(earlier)}"
            earlier.append(turn)


def _with_cache(call: Call) -> Call:
    """Return the call with what the empty prompt cache of a new session does for it."""
    return msgspec.structs.replace(call, cache=prompt_cache.look_up(Session("new"), call, 0.0).state)


def _operation(script: Script, contract: Contract, request: Request) -> tuple[Operation, Parameters]:
    """Return the operation of a request. Raises `Refusal` for one that is none and that no turn answers."""
    try:
        return contract.find(request.method, request.path)
    except Refusal as refusal:
        operation = unrouted.operation_of(request, refusal)
        call = read_call(operation, request)
        if all(reasons_against(turn, call) for turn in script.turns):
            raise
        return operation, NO_PARAMETERS


def _rank(earlier: Sequence[CompiledTurn]) -> str:
    """Return when a turn that matches answers, after the earlier turns that match too."""
    if not earlier:
        return "yes"
    for turn in earlier:
        if turn.times is None:
            if turn.then is not None:  # it may not match in the state that it sets
                return f"also matches; answers when turn {turn.number} no longer matches"
            return f"also matches, but never answers this request: turn {turn.number} always does"
    numbers = [str(turn.number) for turn in earlier]
    if len(numbers) == 1:
        return f"also matches; answers when turn {numbers[0]} is used up"
    return f"also matches; answers when turns {', '.join(numbers[:-1])} and {numbers[-1]} are used up"


def _chosen(script: Script, call: Call) -> int:
    """Return the number of the turn that answers, or 0."""
    try:
        selected = select_turn(script, Progress(edition=script.edition), call, Session("explain"))
    except NoTurnMatched:
        return 0
    return selected[0].number if selected is not None else 0
