"""Message threads: a request that continues one is answered as if it had sent the whole conversation.

By ruling the gateway refuses `thread` with a code by which the official SDKs go on without threads. A scenario, or the
operator, can have it keep threads in the session instead, or lose each of them.

A session keeps a few threads of limited size. The oldest goes first; to continue it is `thread_not_found`, after which
the SDKs send the whole conversation again. Once a message was continued, only its id is kept.
"""

from typing import Final

import msgspec
import orjson

from mockserver.accounts.session import KeptThread, Session
from mockserver.core.actions import Actions, Head
from mockserver.core.conversation import Json
from mockserver.core.errors import Refusal
from mockserver.engine.request import conversation_of
from mockserver.faults import NoEffectError
from mockserver.faults.answers import whole_of
from mockserver.scenarios.call import Call
from mockserver.wires import wire_named
from mockserver.wires.threads import ERRORS, ThreadPolicy, ThreadRequest

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
    if threads == "refuse":
        raise _refusal("thread_unsupported_request")
    if request.previous is None:
        return call
    thread = next((thread for thread in session.threads if thread.message == request.previous), None)
    if thread is None or threads == "lose":
        raise _refusal("thread_not_found")
    if thread.conversation is None:
        raise _refusal("thread_already_continued")
    style = wire_named(call.operation.wire).threads
    assert style is not None, "only a wire with threads has a request for one"
    body = style.continued(call.body, orjson.loads(thread.conversation))
    return msgspec.structs.replace(call, body=body, conversation=conversation_of(call.operation, body))


def keep(session: Session, call: Call, actions: Actions) -> Session:
    """Return the session with the thread of a request as it stands after this answer.

    `call` is the resumed one. An answer that is no reply leaves the thread where it was.
    """
    request = requested(call)
    style = wire_named(call.operation.wire).threads
    if request is None or style is None or not any(isinstance(act, Head) and act.status == 200 for act in actions):
        return session
    try:
        answer = whole_of(actions, wire_named(call.operation.wire))
    except NoEffectError:
        return session  # a fault has left nothing to continue from
    threads = [thread for thread in session.threads if thread.message != request.previous]
    if request.previous is not None:
        threads.append(KeptThread(request.previous, None))
    conversation = orjson.dumps(style.kept(call.body, answer))
    if len(conversation) <= MOST_BYTES:
        threads.append(KeptThread(_id_of(answer.get("id")), conversation))
    return msgspec.structs.replace(session, threads=tuple(threads[-MOST_THREADS:]))


def _id_of(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _refusal(code: str) -> Refusal:
    status, message = ERRORS[code]
    return Refusal(status, code, message)
