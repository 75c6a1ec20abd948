"""A whole answer with its content and next to nothing else.

Why: small gateways and other models' adapters send only what their own client reads. A client that needs `id`, `usage`
or `model` breaks on it.

In a scenario:

    faults: [minimal]
"""

from collections.abc import Mapping

import orjson
from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import is_stream, whole_of
from mockserver.faults.editing import JSON, with_whole_body
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters


class Minimal(Parameters):
    """What is left beside the content."""

    role: bool = Field(False, description="Keep role and finish or stop reason too.")


def minimal(actions: Actions, parameters: Minimal, context: Context) -> Actions:
    """Return the whole answer without most of its fields."""
    if is_stream(actions):
        raise NoEffectError("the answer is a stream; field_missing leaves fields out of its events")
    whole = whole_of(actions, context.wire)
    kept = ("role", "stop_reason", "finish_reason") if parameters.role else ()
    if "choices" in whole:
        choice = whole["choices"][0]
        message = _only(choice["message"], ("content", "tool_calls", *kept))
        small: object = {"choices": [{"message": message, **_only(choice, kept)}]}
    elif "content" in whole:
        small = _only(whole, ("content", *kept))
    else:
        raise NoEffectError("the answer is no message")
    return with_whole_body(actions, orjson.dumps(small), JSON)


def _only(source: Mapping[str, object], keys: tuple[str, ...]) -> dict[str, object]:
    return {key: source[key] for key in keys if key in source}


FAULT = Fault(
    name="minimal",
    group="http",
    doc=__doc__,
    source="measured: ns_minimal, ns_minimal_role",
    apply=minimal,
    parameters=Minimal,
)
