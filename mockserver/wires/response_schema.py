"""The schema of the answer that a client asks for, the same rule on every wire.

It must be a JSON Schema of at most 512 kB, all of whose references lead into itself: nothing is ever read from a file
or a network.
"""

from mockserver.core.conversation import ResponseFormat
from mockserver.core.errors import Refusal
from mockserver.openapi.sampling.schema import SamplingError, schema_document


def check_response_schema(asked: ResponseFormat | None) -> None:
    """Raise `Refusal` 400 if the client asks for a schema that is none."""
    if asked is None or asked.schema is None:
        return
    try:
        schema_document(asked.schema)
    except SamplingError as error:
        message = f"{asked.param}: invalid schema: at '#{error.pointer}': {error.reason}"
        raise Refusal(400, "invalid_request", message, param=asked.param) from None
