"""One JSON body, though a stream was asked for.

Why: some models do not stream (D1), and some gateways ignore `stream`. Most measured SDKs raise nothing in their raw
mode and show an empty answer.

In a scenario:

    faults: [json_for_stream]
"""

from typing import ClassVar

import orjson
from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import need_stream, whole_of
from mockserver.faults.editing import JSON, with_whole_body
from mockserver.faults.fault import Context, Fault, Parameters


class AsJson(Parameters):
    """The label of the body."""

    main: ClassVar[str] = "content_type"
    content_type: str = Field(JSON, description="The content-type that it is sent under.")


def json_for_stream(actions: Actions, parameters: AsJson, context: Context) -> Actions:
    """Return the stream as the one JSON body that says the same."""
    need_stream(actions)
    return with_whole_body(actions, orjson.dumps(whole_of(actions, context.wire)), parameters.content_type)


FAULT = Fault(
    name="json_for_stream",
    group="http",
    doc=__doc__,
    source="D1: some models do not stream; measured: json_200_for_stream, json_200_as_eventstream",
    apply=json_for_stream,
    parameters=AsJson,
)
