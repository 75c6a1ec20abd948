"""The request as it came, and the call that is read from it.

`read_call` parses a body and validates it against the operation's schema; the wire parses the conversation in it and
checks what a schema cannot say.
"""

from collections.abc import Mapping

import msgspec

from mockserver.accounts import keys
from mockserver.core.conversation import Conversation, JsonObject
from mockserver.core.errors import Refusal
from mockserver.core.headers import derive
from mockserver.core.json_text import json_or_none
from mockserver.engine.reply import check_limits
from mockserver.openapi.lenient import mend
from mockserver.openapi.operation import HandlerRequest, Operation
from mockserver.openapi.request_body import read_body
from mockserver.openapi.router import NO_PARAMETERS, Parameters
from mockserver.scenarios.call import Call
from mockserver.wires import WIRES
from mockserver.wires.wire import Wire

MAX_BODY = 10 * 1024 * 1024
"""The largest request body in bytes; a longer one is 413."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request as it came. Header names are in lower case; `too_large` says that the body was not kept.

    `ticket` is unique among all requests of all servers: it names the hold on the account, by which a charge is undone.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    too_large: bool = False
    query: str = ""
    ticket: str = ""

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}, {len(self.body)} bytes>"  # the other fields hold keys and passwords


def handler_request(request: Request, parameters: Parameters) -> HandlerRequest:
    """Return the request as the handler of another document's operation reads it."""
    return HandlerRequest(
        method=request.method, headers=request.headers, parameters=parameters, query=request.query, body=request.body
    )


def outline(operation: Operation, request: Request) -> Call:
    """Return the call before its body is read."""
    return call_of(operation, request, None, {})


def call_of(operation: Operation, request: Request, conversation: Conversation | None, body: JsonObject) -> Call:
    """Return the call of a request with this body and conversation."""
    return Call(
        operation=operation,
        conversation=conversation,
        path=request.path,
        headers=request.headers,
        key=derive(request.headers, keys.key_of),
        body=body,
    )


def check_size(request: Request) -> None:
    """Raise `Refusal` 413 for a body that was too large to keep."""
    if request.too_large:
        raise Refusal(413, "request_too_large", f"The request body is larger than {MAX_BODY} bytes.")


def read_call(
    operation: Operation, request: Request, parameters: Parameters = NO_PARAMETERS, *, lenient: bool = False
) -> Call:
    """Return the call with its body and the conversation in it. Raises `Refusal` 413, 400 or 422.

    With `lenient`, a body of which the form alone is wrong is read too, perhaps as that of another operation.
    """
    try:
        return call_with(operation, request, request_body(operation, request, parameters))
    except Refusal:
        if not lenient or operation.wire == "json":
            raise
        mended = mend(operation, json_or_none(request.body))
        if mended is None:
            raise
    return msgspec.structs.replace(call_with(mended.operation, request, mended.body), warnings=mended.warnings)


def request_body(operation: Operation, request: Request, parameters: Parameters) -> JsonObject:
    """Return the body of a request, parsed and valid. Raises `Refusal` 413, 400 or 422."""
    check_size(request)
    if operation.handler is not None:
        return operation.handler.read(handler_request(request, parameters))
    return read_body(operation, request.body, request.headers.get("content-type", ""))


def call_with(operation: Operation, request: Request, body: JsonObject) -> Call:
    """Return the call with a valid body and the conversation in it. Raises `Refusal` 400."""
    conversation = None if operation.wire == "json" else _conversation(operation, body)
    return call_of(operation, request, conversation, body)


def conversation_of(operation: Operation, body: JsonObject) -> Conversation:
    """Return the conversation in a valid body. Raises `Refusal` 400 for what a schema cannot say."""
    wire = WIRES[operation.wire]
    conversation = wire.parse(body, operation.max_tokens)
    _check(operation, wire, conversation)
    return conversation


def _check(operation: Operation, wire: Wire, conversation: Conversation) -> None:
    wire.check(conversation)
    check_limits(operation, conversation)


def _conversation(operation: Operation, body: JsonObject) -> Conversation:
    """Return the conversation in a body. One that continues a thread is checked when it is whole (`engine.threads`)."""
    wire = WIRES[operation.wire]
    request = wire.threads.requested(body) if wire.threads is not None else None
    conversation = wire.parse(body, operation.max_tokens)
    if request is None or not request.named:
        _check(operation, wire, conversation)
    return conversation
