"""Message threads: a request that continues one is answered as if it had sent the whole conversation.

By ruling the gateway refuses `thread` with a code by which the official SDKs go on without threads. A scenario, or the
operator, can have it keep threads in the session instead, or lose each of them.

A wire whose threads are no beta (`ThreadStyle.is_beta`) keeps them unless they are to be lost.

A session keeps a few threads of limited size. The oldest goes first; to continue it is `thread_not_found`, after which
the SDKs send the whole conversation again. Once a message was continued, only its id is kept.
"""

from typing import Final

import msgspec
import orjson

from mockserver.accounts.session import KeptThread, Session
from mockserver.core.actions import Actions, Head
from mockserver.core.conversation import Json, JsonObject
from mockserver.core.errors import Refusal
from mockserver.engine.request import conversation_of
from mockserver.faults import NoEffectError
from mockserver.faults.answers import whole_of
from mockserver.openapi.router import Parameters
from mockserver.scenarios.call import Call
from mockserver.wires import WIRES, wire_named
from mockserver.wires.threads import KeptView, ThreadPolicy, ThreadRequest, thread_refusal

MOST_THREADS: Final = 32
"""How many messages of threads a session remembers."""

MOST_BYTES: Final = 1024 * 1024
"""The largest conversation that a thread keeps, in bytes of JSON. A longer one is not kept."""


def requested(call: Call) -> ThreadRequest | None:
    """Return what a request says of its thread, or None."""
    style = wire_named(call.operation.wire).threads
    return style.requested(call.body) if style is not None and call.operation.is_conversation else None


def resume(call: Call, session: Session, threads: ThreadPolicy) -> Call:
    """Return the call with the conversation of its thread. Raises `Refusal` where there is none to continue."""
    request = requested(call)
    if request is None:
        return call
    style = wire_named(call.operation.wire).threads
    assert style is not None, "it has read the request"
    if style.is_beta and threads == "refuse":
        raise thread_refusal("thread_unsupported_request")
    if not request.named:
        return call
    kept: dict[str, JsonObject] = {}
    for thread in session.threads if threads != "lose" else ():
        if thread.message in request.named:
            if thread.conversation is None:
                raise thread_refusal("thread_already_continued")
            kept[thread.message] = orjson.loads(thread.conversation)
    body = style.continued(call.body, kept)
    return msgspec.structs.replace(call, body=body, conversation=conversation_of(call.operation, body))


def keep(session: Session, call: Call, actions: Actions) -> Session:
    """Return the session with the thread of a request as it stands after this answer.

    `call` is the resumed one. An answer that is no reply leaves the thread where it was.
    """
    request = requested(call)
    if request is None:
        return session
    style = wire_named(call.operation.wire).threads
    is_reply = any(isinstance(act, Head) and act.status == 200 for act in actions)
    if style is None or not request.is_kept or not is_reply:
        return session
    try:
        answer = whole_of(actions, wire_named(call.operation.wire))
    except NoEffectError:
        return session  # a fault has left nothing to continue from
    threads = list(session.threads)
    if request.previous is not None and not style.branches:
        threads = [thread for thread in threads if thread.message != request.previous]
        threads.append(KeptThread(request.previous, None))
    conversation = orjson.dumps(style.kept(call.body, answer))
    if len(conversation) <= MOST_BYTES:
        threads.append(KeptThread(_id_of(answer.get("id")), conversation))
    return msgspec.structs.replace(session, threads=tuple(threads[-MOST_THREADS:]))


VIEWS = {name: view for wire in WIRES.values() if wire.threads is not None for name, view in wire.threads.views.items()}
"""The operations on kept messages, by name."""


def look_at(view: KeptView, session: Session, parameters: Parameters) -> tuple[Session, bytes]:
    """Return the session and the body of an operation on a kept message. Raises `Refusal` 404 if it is not kept."""
    [id] = parameters.values()
    thread = next((thread for thread in session.threads if thread.message == id), None)
    if thread is None or thread.conversation is None:
        raise Refusal(404, "not_found", f"Nothing with the id '{id}' is kept in this session.")
    if view.forgets:
        left = tuple([other for other in session.threads if other is not thread])
        session = msgspec.structs.replace(session, threads=left)
    return session, orjson.dumps(view.body(id, orjson.loads(thread.conversation)))


def _id_of(value: Json) -> str:
    return value if isinstance(value, str) else ""
