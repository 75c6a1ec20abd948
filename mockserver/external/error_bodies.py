"""The mock's message inside an error of the document's own form.

A document's error is an example or generated data. Its text members are replaced by the message of the failure, where
the schema allows that, so that a client developer reads what was wrong with the request.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from mockserver.core.errors import Failure
from mockserver.wires.errors import kind_of

Object: TypeAlias = dict[str, object]

MESSAGES = ("message", "detail", "title", "description", "error_description", "error", "msg")
"""The members of an error that hold a sentence for people, the likeliest first."""
NESTED = ("error", "errors", "detail")
"""The members of an error that hold the error itself, or a list of errors (FastAPI: `detail`)."""
STATUSES = ("status", "code", "statusCode", "status_code")
"""The members of an error that repeat its status."""


def with_message(value: object, failure: Failure, allows: Callable[[object], bool], *, generated: bool) -> object:
    """Return the error with the failure's message, unless that is the usual one of its status.

    A generated error always gets the message, and the failure's status and code where it has members for them.
    `allows` tells whether a changed error still satisfies its schema; only such changes are made.
    """
    message = failure.message if generated or failure.message != kind_of(failure.status).message else None
    if isinstance(value, str):
        return message if message is not None and allows(message) else value
    if not isinstance(value, dict):
        return value

    def improved(holder: Object, within: Callable[[Object], Object]) -> Object:
        """Return the whole error with every allowed change of `holder`; `within` puts a changed holder into it."""
        changes: Object = {}
        key = next((key for key in MESSAGES if isinstance(holder.get(key), str)), None)
        if key is not None and message is not None:
            changes[key] = message
        if generated:
            changes |= {key: failure.status for key in STATUSES if type(holder.get(key)) is int}
            changes |= {"code": failure.code} if isinstance(holder.get("code"), str) else {}
        for name, change in changes.items():
            if allows(within({**holder, name: change})):
                holder = {**holder, name: change}
        return within(holder)

    whole = improved(value, lambda changed: changed)
    for key in NESTED:
        inner = whole.get(key)
        if isinstance(inner, dict):
            whole = improved(inner, partial(_inside, whole, key, None))
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            whole = improved(inner[0], partial(_inside, whole, key, inner[1:]))
    return whole


def _inside(whole: Object, key: str, rest: list[object] | None, changed: Object) -> Object:
    """Return the whole with the changed object under a key, alone or as the first of a list."""
    return {**whole, key: changed if rest is None else [changed, *rest]}
