"""A chunk without choices (OpenAI).

Why: Azure opens its streams with a chunk whose choices are empty, and the chunk with the usage has none either. The
measured clients take an empty list; null and a missing field make them raise.

In a scenario:

    faults: [{no_choices: {at: 1, as: empty}}]
"""

from typing import Literal

import orjson
from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import first_document, need_stream
from mockserver.faults.editing import insert
from mockserver.faults.fault import Context, Fault, NoEffectError
from mockserver.faults.places import EventPlace
from mockserver.wires.sse import frame


class NoChoices(EventPlace):
    """Where, and what stands for the choices."""

    as_: Literal["empty", "null", "missing"] = Field("empty", alias="as", description="empty ([]), null or missing.")


def no_choices(actions: Actions, parameters: NoChoices, context: Context) -> Actions:
    """Return the stream with one more chunk, which has no choices."""
    need_stream(actions)
    first = first_document(actions)
    if "choices" not in first:
        raise NoEffectError("only the OpenAI wire has choices")
    body = {**first, "choices": [] if parameters.as_ == "empty" else None}
    if parameters.as_ == "missing":
        del body["choices"]
    return insert(actions, parameters.at, Data(frame(orjson.dumps(body)), "error"))


FAULT = Fault(
    name="no_choices",
    group="meaning",
    doc=__doc__,
    source="measured: choices_empty_first_azure, choices_empty_mid, choices_null, choices_missing",
    apply=no_choices,
    parameters=NoChoices,
    example={"at": 1, "as": "empty"},
)
