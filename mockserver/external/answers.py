"""What a foreign operation answers by itself: a documented status, and a body from its examples or its schema.

The status is the one that `Prefer: code=404` asks for, else the first success of the document, else `2XX` or `default`
as 200, else the first that is documented. The body is, in this order: the example that `Prefer: example=name` names;
the media type's own example; the first of its `examples`; the schema's; else data generated from the schema, derived
from the seed. `Prefer: dynamic=true` leaves the examples out. (The header is Prism's; RFC 7240 says to ignore other
wishes.)
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import NamedTuple, TypeAlias

import jsonschema_rs
import orjson

from mockserver.core.errors import Failure, Refusal, did_you_mean
from mockserver.external.document import DocumentNode
from mockserver.external.media import as_text, concrete, encode, essence, is_json, negotiate
from mockserver.external.schemas import Schema, bundle, with_every_property
from mockserver.openapi.operation import HandlerRequest, HandlerResponse
from mockserver.openapi.sampling import SamplingError, sample
from mockserver.openapi.sampling.schema import compiled_validator
from mockserver.wires.errors import kind_of

Object: TypeAlias = dict[str, object]

SUCCESS = 200
OURS = {"content-type", "content-length", "transfer-encoding", "connection", "date"}
"""Headers of an answer that the document does not decide."""
MESSAGES = ("message", "detail", "title", "description", "error_description", "error", "msg")
"""The members of an error that are sentences for people, the likeliest first."""
NESTED = ("error", "errors", "detail")
"""The members of an error that hold the error itself, or a list of them (FastAPI: `detail`)."""
STATUSES = ("status", "code", "statusCode", "status_code")
"""The members of an error that repeat its status."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\xa1-\xff]")


class Preference(NamedTuple):
    """What the `Prefer` header asks for."""

    code: int | None = None
    example: str | None = None
    dynamic: bool = False


def preference_of(asked: HandlerRequest) -> Preference:
    """Raises `Refusal` 400 for a code that is no status."""
    said: dict[str, str] = {}
    for piece in re.split("[,;]", asked.headers.get("prefer", "")):
        name, _, value = piece.strip().partition("=")
        said.setdefault(name.strip().lower(), value.strip().strip('"'))
    code = said.get("code")
    if code is not None and not re.fullmatch("[2-5][0-9][0-9]", code):
        raise Refusal(400, "invalid_preference", "Prefer: code is a status from 200 to 599.", param="prefer")
    dynamic = said.get("dynamic", "").lower() == "true"
    return Preference(int(code) if code is not None else None, said.get("example"), dynamic)


class ResponseBody:
    """One media type of an answer."""

    def __init__(self, name: str, node: DocumentNode) -> None:
        self.name = name
        self._node = node

    @cached_property
    def schema(self) -> Schema | None:
        """Its schema; of a sequence, that of one item."""
        for key in ("itemSchema", "schema"):
            if self._node.raw(key) is not None:
                return bundle(self._node.inside(key), "answer")
        return None

    @cached_property
    def _full(self) -> Schema:
        return with_every_property(self.schema or {})

    @cached_property
    def _validator(self) -> jsonschema_rs.Validator:
        return compiled_validator(orjson.dumps(self.schema or {}))

    def allows(self, value: object) -> bool:
        """Whether the value satisfies the schema."""
        try:
            return self._validator.is_valid(value)
        except (SamplingError, ValueError):
            return False

    @cached_property
    def examples(self) -> Mapping[str, object]:
        """Its examples by name; one without a name has the empty one. The first is the one to answer."""
        found: dict[str, object] = {}
        if self._node.raw("example") is not None:
            found[""] = self._node.raw("example")
        for name, node in self._node.get("examples").items():
            for key in ("dataValue", "value", "serializedValue"):
                if isinstance(node.value, Mapping) and key in node.value:
                    found.setdefault(name, node.value[key])
        if not found:
            schema = self._node.get("schema")
            listed = schema.raw("examples")
            values = [*(listed if isinstance(listed, list) else ()), schema.raw("example")]
            found = {"": values[0]} if values[0] is not None else {}
        return {name: self._parsed(value) for name, value in found.items()}

    def _parsed(self, value: object) -> object:
        """A JSON example that was written as text, as what it says, if the schema wants that."""
        if isinstance(value, str) and is_json(self.name) and self.schema is not None and not self.allows(value):
            try:
                return orjson.loads(value)
            except orjson.JSONDecodeError:
                return value
        return value

    def value(self, wish: Preference, *seed: object) -> tuple[object, bool]:
        """What to answer, and whether it was generated. Raises `Refusal` for an unknown example."""
        if wish.example is not None:
            if wish.example not in self.examples:
                known = did_you_mean(wish.example, [name for name in self.examples if name])
                raise Refusal(
                    400, "unknown_example", f"No example is called '{wish.example[:80]}'; {known}", param="prefer"
                )
            return self.examples[wish.example], False
        for value in self.examples.values() if not wish.dynamic else ():
            return value, False
        return self._generated(*seed), True

    def _generated(self, *seed: object) -> object:
        if self.schema is None:
            return {} if is_json(self.name) else ""
        problem: SamplingError | None = None
        for schema in (self._full, self.schema):
            try:
                value = sample(schema, *seed)
            except SamplingError as error:
                problem = error
                continue
            if self.allows(value):
                return value
        reason = str(problem or "what was made up does not satisfy the schema")
        raise Refusal(501, "cannot_generate", f"No answer could be made up: {reason}; the document needs an example.")


class ExternalResponse:
    """One documented response."""

    def __init__(self, node: DocumentNode) -> None:
        self.bodies = {name: ResponseBody(name, media) for name, media in node.get("content").items()}
        self._headers = {
            name.lower(): ResponseBody("text/plain", header)
            for name, header in node.get("headers").items()
            if name.lower() not in OURS and _TOKEN.fullmatch(name)
        }

    def headers(self, *seed: object) -> Iterator[tuple[str, str]]:
        """Every documented header, from its example or its schema; one that cannot be made is left out."""
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
        self.responses = {status.upper(): ExternalResponse(node) for status, node in operation.get("responses").items()}

    @cached_property
    def usual(self) -> int:
        """The status that is answered unless the client asks for another."""
        exact = [status for status in self.responses if status.isdecimal() and status >= "200"]
        successes = [status for status in exact if status.startswith("2")]
        if successes:
            return int(successes[0])
        if not exact or self.responses.keys() & {"2XX", "DEFAULT"}:
            ranges = [status for status in self.responses if re.fullmatch("[2-5]XX", status)]
            return SUCCESS if "DEFAULT" in self.responses or not ranges else int(min(ranges)[0]) * 100
        return int(exact[0])

    def find(self, status: int) -> ExternalResponse | None:
        """The response that documents a status."""
        for key in (str(status), f"{status // 100}XX", "DEFAULT"):
            if key in self.responses:
                return self.responses[key]
        return None

    def answer(self, asked: HandlerRequest, *seed: object) -> HandlerResponse:
        """The automatic answer. Raises `Refusal`: 400 for what `Prefer` cannot have, 406, 501."""
        wish = preference_of(asked)
        status = wish.code if wish.code is not None else self.usual
        response = self.find(status)
        if response is None and wish.code is not None:
            known = ", ".join(self.responses) or "none"
            raise Refusal(
                400, "undocumented_status", f"The document has no {status} here; it has {known}.", param="prefer"
            )
        applied = (("preference-applied", f"code={status}"),) if wish.code is not None else ()
        headers = (*applied, *(response.headers(*seed) if response is not None else ()))
        if response is None or not response.bodies:
            return HandlerResponse(status, headers, b"")
        body = self._negotiated(response, asked, must=status < 400)
        value = body.value(wish, *seed)[0]
        media_type = concrete(body.name, asked.headers.get("accept", ""))
        payload = b"" if asked.method == "HEAD" or status in (204, 304) else encode(media_type, value, self.name)
        return HandlerResponse(status, (("content-type", media_type), *headers), payload)

    def _negotiated(self, response: ExternalResponse, asked: HandlerRequest, *, must: bool) -> ResponseBody:
        name = negotiate(response.bodies, asked.headers.get("accept", ""))
        if name is None and must:
            raise Refusal(406, "not_acceptable", f"This answer can be had as {', '.join(response.bodies)} only.")
        return response.bodies[name or negotiate(response.bodies, "") or next(iter(response.bodies))]

    def failed(self, failure: Failure, asked: HandlerRequest, *seed: object) -> HandlerResponse | None:
        """An error in the document's own form: its example, else generated, with our sentence where it has one."""
        succeeds = any(status.startswith("2") for status in self.responses)
        response = self.find(failure.status)
        if response is None or (response is self.responses.get("DEFAULT") and not succeeds):
            return None
        body = self._negotiated(response, asked, must=False) if response.bodies else None
        if body is None or not (is_json(body.name) or essence(body.name).startswith("text/")):
            return None
        try:
            value, generated = body.value(Preference(), *seed)
        except Refusal:
            return None
        value = _worded(value, failure, body, generated=generated)
        detail = _UNSENDABLE.sub("?", failure.message)[:300].strip()
        ours = {name for name, _ in failure.headers}
        headers = tuple([(name, text) for name, text in response.headers(*seed) if name not in ours])
        media_type = concrete(body.name, asked.headers.get("accept", ""))
        payload = b"" if asked.method == "HEAD" else encode(media_type, value, "error")
        return HandlerResponse(
            failure.status, (("content-type", media_type), *headers, ("x-mock-detail", detail)), payload
        )


def _worded(value: object, failure: Failure, body: ResponseBody, *, generated: bool) -> object:
    """The error with our own sentence, unless that is the usual one; a generated one also with its status."""
    says = failure.message if generated or failure.message != kind_of(failure.status).message else None
    if isinstance(value, str):
        return says if says is not None and body.allows(says) else value
    if not isinstance(value, dict):
        return value

    def improved(holder: Object, within: Callable[[Object], Object]) -> Object:
        """The object with every change that the schema allows; `within` is the whole error with it inside."""
        changes: Object = {}
        sentence = next((key for key in MESSAGES if isinstance(holder.get(key), str)), None)
        if sentence is not None and says is not None:
            changes[sentence] = says
        if generated:
            changes |= {key: failure.status for key in STATUSES if type(holder.get(key)) is int}
            changes |= {"code": failure.code} if isinstance(holder.get("code"), str) else {}
        for key, change in changes.items():
            if body.allows(within({**holder, key: change})):
                holder = {**holder, key: change}
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
    """The whole with a changed object under a key, alone or as the first of a list."""
    return {**whole, key: changed if rest is None else [changed, *rest]}
