"""What is asked: a request as it came, and what can be read of it before anybody answers.

`read_call` is the stage between the account and the script: the body is parsed and validated by the operation's own
schema, a conversation is parsed by its wire, and what a schema cannot say is checked.
"""

from collections.abc import Mapping

import msgspec

from mockserver.accounts import keys
from mockserver.core.conversation import Conversation, JsonObject
from mockserver.core.errors import Refusal
from mockserver.engine.reply import check_limits
from mockserver.openapi.operation import HandlerRequest, Operation
from mockserver.openapi.request_body import read_body
from mockserver.openapi.router import NO_PARAMETERS, Parameters
from mockserver.scenarios.call import Call
from mockserver.wires import WIRES

MAX_BODY = 10 * 1024 * 1024
"""The largest request body in bytes; a longer one is 413."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request as it came. Header names are in lower case; `too_large` says that the body was not kept.

    `ticket` is unique among all requests of all servers; whoever has it can take the answer's price back.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    too_large: bool = False
    query: str = ""
    ticket: str = ""

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}, {len(self.body)} bytes>"  # keys and passwords are in the rest


def handler_request(request: Request, parameters: Parameters) -> HandlerRequest:
    """The request as a foreign operation reads it."""
    return HandlerRequest(
        method=request.method, headers=request.headers, parameters=parameters, query=request.query, body=request.body
    )


def outline(operation: Operation, request: Request) -> Call:
    """The call before its body is read."""
    return Call(
        operation=operation,
        conversation=None,
        path=request.path,
        headers=request.headers,
        key=keys.key_of(request.headers),
    )


def check_size(request: Request) -> None:
    """Refuse a body that was too large to keep: 413."""
    if request.too_large:
        raise Refusal(413, "request_too_large", f"The request body is larger than {MAX_BODY} bytes.")


def read_call(operation: Operation, request: Request, parameters: Parameters = NO_PARAMETERS) -> Call:
    """The body of a request and the conversation in it. Raises `Refusal` 413, 400 or 422."""
    check_size(request)
    if operation.handler is not None:
        body = operation.handler.read(handler_request(request, parameters))
    else:
        body = read_body(operation, request.body, request.headers.get("content-type", ""))
    return Call(
        operation=operation,
        conversation=None if operation.wire == "json" else _conversation(operation, body),
        path=request.path,
        headers=request.headers,
        key=keys.key_of(request.headers),
        body=body,
    )


def _conversation(operation: Operation, body: JsonObject) -> Conversation:
    wire = WIRES[operation.wire]
    conversation = wire.parse(body, operation.max_tokens)
    wire.check(conversation)
    check_limits(operation, conversation)
    return conversation
