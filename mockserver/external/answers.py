"""What an external operation answers unless a turn says otherwise: a documented status, and an example or made-up data.

The status is the one that `Prefer: code=404` asks for, else the first documented success, else `2XX` or `default` as
200, else the first documented status. The body is the first of these that exists: the example that
`Prefer: example=name` names; the media type's own example; the first of its `examples`; the schema's example; data
generated from the schema, derived from the seed. `Prefer: dynamic=true` skips the examples. (The header is Prism's. RFC
7240 says to ignore unknown preferences.)
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import jsonschema_rs
import orjson

from mockserver.core.errors import Failure, Refusal, did_you_mean
from mockserver.external.document import DocumentNode
from mockserver.external.error_bodies import with_message
from mockserver.external.media import as_text, concrete, encode, essence, is_json, negotiate
from mockserver.external.schemas import Schema, bundle, with_every_property
from mockserver.openapi.operation import HandlerRequest, HandlerResponse
from mockserver.openapi.sampling.sampler import sample
from mockserver.openapi.sampling.schema import SamplingError, compiled_validator

SUCCESS = 200
UNDOCUMENTED_HEADERS = {"content-type", "content-length", "transfer-encoding", "connection", "date"}
"""Headers of an answer that the server sets, whatever the document says of them."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\xa1-\xff]")


class Preference(NamedTuple):
    """What the `Prefer` header asks for."""

    code: int | None = None
    example: str | None = None
    dynamic: bool = False


def preference_of(request: HandlerRequest) -> Preference:
    """Return the preference of a request. Raises `Refusal` 400 for a code that is not a status."""
    options: dict[str, str] = {}
    for piece in re.split("[,;]", request.headers.get("prefer", "")):
        name, _, value = piece.strip().partition("=")
        options.setdefault(name.strip().lower(), value.strip().strip('"'))
    code = options.get("code")
    if code is not None and not re.fullmatch("[2-5][0-9][0-9]", code):
        raise Refusal(400, "invalid_preference", "Prefer: code must be a status from 200 to 599.", param="prefer")
    dynamic = options.get("dynamic", "").lower() == "true"
    return Preference(int(code) if code is not None else None, options.get("example"), dynamic)


class ResponseBody:
    """One media type of a response."""

    def __init__(self, name: str, node: DocumentNode) -> None:
        self.name = name
        self._node = node

    @cached_property
    def schema(self) -> Schema | None:
        """Return its schema; for a sequence, that of one item."""
        for key in ("itemSchema", "schema"):
            if self._node.raw(key) is not None:
                return bundle(self._node.inside(key), "answer")
        return None

    @cached_property
    def _rich_schema(self) -> Schema:
        return with_every_property(self.schema or {})

    @cached_property
    def _validator(self) -> jsonschema_rs.Validator:
        return compiled_validator(orjson.dumps(self.schema or {}))

    def allows(self, value: object) -> bool:
        """Return whether the value satisfies the schema."""
        try:
            return self._validator.is_valid(value)
        except (SamplingError, ValueError):
            return False

    @cached_property
    def examples(self) -> Mapping[str, object]:
        """Return its examples by name, the preferred one first; an example without a name has the name ''."""
        named: dict[str, object] = {}
        if self._node.raw("example") is not None:
            named[""] = self._node.raw("example")
        for name, node in self._node.get("examples").items():
            for key in ("dataValue", "value", "serializedValue"):
                if isinstance(node.value, Mapping) and key in node.value:
                    named.setdefault(name, node.value[key])
        if not named:
            schema = self._node.get("schema")
            listed = schema.raw("examples")
            values = [*(listed if isinstance(listed, list) else ()), schema.raw("example")]
            named = {"": values[0]} if values[0] is not None else {}
        return {name: self._parsed(value) for name, value in named.items()}

    def _parsed(self, value: object) -> object:
        """Return an example; one that is JSON written as text is parsed if the schema does not allow the text."""
        if isinstance(value, str) and is_json(self.name) and self.schema is not None and not self.allows(value):
            try:
                return orjson.loads(value)
            except orjson.JSONDecodeError:
                return value
        return value

    def value(self, preference: Preference, *seed: object) -> tuple[object, bool]:
        """Return the value to answer, and whether it was generated.

        Raises `Refusal`: 400 for an unknown example, 501 if no value can be generated.
        """
        if preference.example is not None:
            if preference.example not in self.examples:
                hint = did_you_mean(preference.example, [name for name in self.examples if name])
                message = f"No example is called '{preference.example[:80]}'; {hint}"
                raise Refusal(400, "unknown_example", message, param="prefer")
            return self.examples[preference.example], False
        for value in self.examples.values() if not preference.dynamic else ():
            return value, False
        return self._generated(*seed), True

    def _generated(self, *seed: object) -> object:
        """Return a generated value, with every property if possible. Raises `Refusal` 501."""
        if self.schema is None:
            return {} if is_json(self.name) else ""
        problem: SamplingError | None = None
        for schema in (self._rich_schema, self.schema):
            try:
                value = sample(schema, *seed)
            except SamplingError as error:
                problem = error
                continue
            if self.allows(value):
                return value
        reason = str(problem or "the generated value does not satisfy the schema")
        message = f"No answer could be generated: {reason}. Add an example to the document."
        raise Refusal(501, "cannot_generate", message)


class ExternalResponse:
    """One documented response."""

    def __init__(self, node: DocumentNode) -> None:
        self.bodies = {name: ResponseBody(name, media) for name, media in node.get("content").items()}
        self._headers = {
            name.lower(): ResponseBody("text/plain", header)
            for name, header in node.get("headers").items()
            if name.lower() not in UNDOCUMENTED_HEADERS and _TOKEN.fullmatch(name)
        }

    def headers(self, *seed: object) -> Iterator[tuple[str, str]]:
        """Yield every documented header, from its example or its schema, except those that cannot be generated."""
        for name, header in self._headers.items():
            try:
                value = header.value(Preference(), *seed, name)[0]
            except Refusal:
                continue
            yield name, _UNSENDABLE.sub("", as_text(value)).strip()


class Answers:
    """The documented responses of one operation, by status: `200`, `2XX`, `DEFAULT`."""

    def __init__(self, operation: DocumentNode) -> None:
        self.name = operation.text("operationId", "response")
        self.responses = {
            status.upper(): ExternalResponse(node) for status, node in operation.get("responses").fields()
        }

    @cached_property
    def default_status(self) -> int:
        """Return the status to answer unless the client prefers another."""
        exact = [status for status in self.responses if status.isdecimal() and status >= "200"]
        successes = [status for status in exact if status.startswith("2")]
        if successes:
            return int(successes[0])
        if not exact or self.responses.keys() & {"2XX", "DEFAULT"}:
            ranges = [status for status in self.responses if re.fullmatch("[2-5]XX", status)]
            return SUCCESS if "DEFAULT" in self.responses or not ranges else int(min(ranges)[0]) * 100
        return int(exact[0])

    def find(self, status: int) -> ExternalResponse | None:
        """Return the response that documents a status, or None."""
        for key in (str(status), f"{status // 100}XX", "DEFAULT"):
            if key in self.responses:
                return self.responses[key]
        return None

    def answer(self, request: HandlerRequest, *seed: object) -> HandlerResponse:
        """Return the default answer. Raises `Refusal`: 400 for a preference that cannot be met, 406, 501."""
        preference = preference_of(request)
        status = preference.code if preference.code is not None else self.default_status
        response = self.find(status)
        if response is None and preference.code is not None:
            documented = ", ".join(self.responses) or "none"
            message = f"The document has no response {status} for this operation; documented: {documented}."
            raise Refusal(400, "undocumented_status", message, param="prefer")
        applied = (("preference-applied", f"code={status}"),) if preference.code is not None else ()
        headers = (*applied, *(response.headers(*seed) if response is not None else ()))
        if response is None or not response.bodies:
            return HandlerResponse(status, headers, b"")
        body = self._negotiated(response, request, must=status < 400)
        value = body.value(preference, *seed)[0]
        media_type = concrete(body.name, request.headers.get("accept", ""))
        payload = b"" if request.method == "HEAD" or status in (204, 304) else encode(media_type, value, self.name)
        return HandlerResponse(status, (("content-type", media_type), *headers), payload)

    def _negotiated(self, response: ExternalResponse, request: HandlerRequest, *, must: bool) -> ResponseBody:
        """Return the body that the client accepts; if it `must` accept one and does not, raise `Refusal` 406."""
        name = negotiate(response.bodies, request.headers.get("accept", ""))
        if name is None and must:
            available = ", ".join(response.bodies)
            raise Refusal(406, "not_acceptable", f"The accept header allows no media type of this answer: {available}.")
        return response.bodies[name or negotiate(response.bodies, "") or next(iter(response.bodies))]

    def failed(self, failure: Failure, request: HandlerRequest, *seed: object) -> HandlerResponse | None:
        """Return an error in the document's own form: its example or generated data, with the failure's message."""
        succeeds = any(status.startswith("2") for status in self.responses)
        response = self.find(failure.status)
        if response is None or (response is self.responses.get("DEFAULT") and not succeeds):
            return None
        body = self._negotiated(response, request, must=False) if response.bodies else None
        if body is None or not (is_json(body.name) or essence(body.name).startswith("text/")):
            return None
        try:
            value, generated = body.value(Preference(), *seed)
        except Refusal:
            return None
        value = with_message(value, failure, body.allows, generated=generated)
        detail = _UNSENDABLE.sub("?", failure.message)[:300].strip()
        own = {name for name, _ in failure.headers}
        headers = tuple([(name, text) for name, text in response.headers(*seed) if name not in own])
        media_type = concrete(body.name, request.headers.get("accept", ""))
        payload = b"" if request.method == "HEAD" else encode(media_type, value, "error")
        return HandlerResponse(
            failure.status, (("content-type", media_type), *headers, ("x-mock-detail", detail)), payload
        )
