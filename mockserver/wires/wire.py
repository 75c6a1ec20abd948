"""The type of a wire: everything that the rest of the project needs to know of one dialect, in one value.

Each wire is a folder that defines one `WIRE`; the table in `mockserver.wires` lists them. No other module names a
dialect: what differs between dialects is a field here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import Conversation, Json, JsonObject, Reply, ReplyBlock, Stop, Thinking, Usage
from mockserver.core.errors import Failure
from mockserver.wires.caching import CacheStyle
from mockserver.wires.chunks import Chunk
from mockserver.wires.plain import PlainRequest
from mockserver.wires.sse import frame
from mockserver.wires.threads import ThreadStyle

Object: TypeAlias = dict[str, Json]
"""A JSON object that its owner may change."""

CallPiece: TypeAlias = tuple[str, str, str]
"""What one event or body says of a tool call: id, name and (a piece of) the arguments as text."""

ERROR_EVENT = "error"
"""The kind of the event that reports an error in a stream, on every wire."""


class ErrorStyle(NamedTuple):
    """How a wire reports errors.

    `types` maps a status to its type; `client_type` and `server_type` are those of other statuses below and from 500.
    `marker` holds the top-level fields that every error body of this wire has. `event_name` is the name in the `event:`
    line of an error event, or "" where the wire has no such lines. `body` returns the wire's exact body of a failure
    and a request id; `stream_body` returns the data of its error event.
    """

    types: Mapping[int, str]
    client_type: str
    server_type: str
    marker: JsonObject
    event_name: str
    body: Callable[[Failure, str], Object]
    stream_body: Callable[[Failure], Object]

    def type_of(self, failure: Failure) -> str:
        """Return the type of a failure: its own, else that of its status."""
        other = self.server_type if failure.status >= 500 else self.client_type
        return failure.type or self.types.get(failure.status, other)

    def event(self, body: JsonObject) -> Data:
        """Return the error event of a stream with this data, the marker included."""
        return Data(frame(orjson.dumps({**self.marker, **body}), self.event_name), ERROR_EVENT)


class ReadReply(NamedTuple):
    """What a whole body says, in neutral words. `stop` and `usage` are None where the body does not say them."""

    blocks: tuple[ReplyBlock, ...]
    stop: Stop | None
    usage: Usage | None


class Reader(NamedTuple):
    """How a client reads an answer of this wire, which a fault may have changed. What cannot be read is left out.

    `texts`, `thinking` and `calls` read a whole body; `text_deltas`, `thinking_deltas` and `call_deltas` (each with the
    key of its call) read the data of one event. `whole_of` joins the data of a stream's events into the whole body that
    says the same, and `stream_of` returns the shortest stream that says the same as a whole body. `sent_arguments`
    returns the arguments of a past call as a request repeats them, letter by letter, or None where the wire repeats no
    text. `reply_of` returns the reply that a whole body was rendered from, as far as a client can tell. `settle` puts
    right, in place, the events of a stream that repeat what its deltas said; None where none does. `kind_of` returns
    the kind of an event from its data; None where the `event:` line names it.
    """

    texts: Callable[[JsonObject], Iterator[str]]
    thinking: Callable[[JsonObject], Iterator[str]]
    calls: Callable[[JsonObject], Iterator[CallPiece]]
    text_deltas: Callable[[JsonObject], Iterator[str]]
    thinking_deltas: Callable[[JsonObject], Iterator[str]]
    call_deltas: Callable[[JsonObject], Iterator[tuple[int | None, CallPiece]]]
    whole_of: Callable[[Sequence[JsonObject]], Object]
    stream_of: Callable[[JsonObject], list[Data]]
    sent_arguments: Callable[[JsonObject, str], str | None]
    reply_of: Callable[[JsonObject], ReadReply]
    settle: Callable[[Sequence[Object]], None] | None = None
    kind_of: Callable[[JsonObject], str] | None = None


class Addition(NamedTuple):
    """Frames to put into a stream, before the first event of a kind; "" leaves the place to the caller.

    `blocks` is how many blocks they put before those of the stream, whose indexes grow by as many.
    """

    frames: tuple[Data, ...]
    before: str = ""
    blocks: int = 0


class OddFrames(NamedTuple):
    """Frames that no answer has by itself, for faults.

    `text_delta` returns one more delta with a text, and `reasoning` thinking in one delta; both take the JSON of the
    stream's first event. `unknown` returns an `event`, a `block` or a `delta` of a kind that no client knows; it takes
    the kinds of the stream's events, and returns None where the wire has no such thing.

    The others change JSON in place. `whole_reasoning` adds thinking to a complete answer. `whole_thinking_as_text`
    turns its thinking into text between two tags; `thinking_as_text` does so with one event, without tags, and returns
    False for an event without thinking.
    """

    text_delta: Callable[[JsonObject, str], Data]
    reasoning: Callable[[JsonObject, Thinking], Addition]
    whole_reasoning: Callable[[Object, Thinking], None]
    thinking_as_text: Callable[[Object], bool]
    whole_thinking_as_text: Callable[[Object, str, str], None]
    unknown: Callable[[str, Sequence[str]], Addition | None]


class Sdk(NamedTuple):
    """The official SDK of a wire: its title, the variables that it reads, and what it adds to the gateway's URL."""

    title: str
    url_variable: str
    key_variable: str
    base_path: str


class Wire(NamedTuple):
    """One dialect.

    - `title` is its name for people; `route` its usual route; `path_part` what tells its routes from those of other
      wires ("" for the wire of everything else).
    - `events` are the kinds (`Data.event`) of a stream's events in the usual order; `deltas` are those that carry a
      piece of the reply, `last_events` are those that end a stream, each in its
      way. `keep_alive` is a frame that says nothing.
    - `tool_id_prefix` begins the id of a tool call, `thought_id_prefix` that of a call in a reply that begins with
      thinking: the ids differ where the wire wants the thinking back.
    - `is_likely` says whether a body has fields that only requests of this wire have.
    - `parse` takes any JSON object and the route's default of `max_tokens`; `check` takes the conversation of a valid
      body, and raises `Refusal` for what a schema cannot say. `ask` returns the body of a conversation that the mock
      begins. `whole` and `frames` render a reply. `frames` takes the conversation because the form of a stream depends
      on what the client asked for; `stream_forms` are the request fields of every form.
    - `stop_reasons` maps the neutral stop reason to the wire's own, and `stop_reason` returns that of a reply with
      these blocks; `usage_names` are its words for input and output tokens; `reports_tool_errors` says whether a tool
      result can say that the call failed.
    - `plain` says what a plain request is, from a valid body and the route's default of `max_tokens`; None for any
      other request, and where the wire has none.
    - `echoed` returns the top-level fields of an answer that repeat its request; None where it repeats nothing.
    - `prompt_cache` says how prompts are cached, and `threads` how a request names its message thread; None where the
      wire has none.
    """

    name: str
    title: str
    route: str
    path_part: str
    request_id_header: str
    id_prefix: str
    tool_id_prefix: str
    thought_id_prefix: str
    events: tuple[str, ...]
    deltas: frozenset[str]
    last_events: frozenset[str]
    keep_alive: Data
    is_likely: Callable[[JsonObject], bool]
    parse: Callable[[JsonObject, int | None], Conversation]
    ask: Callable[[Conversation], Object]
    check: Callable[[Conversation], None]
    whole: Callable[[Reply], bytes]
    frames: Callable[[Reply, Chunk, Conversation], list[Data]]
    stream_forms: tuple[JsonObject, ...]
    stop_reasons: Mapping[Stop, str]
    stop_reason: Callable[[Stop, Sequence[ReplyBlock]], str]
    usage_names: tuple[str, str]
    reports_tool_errors: bool
    reader: Reader
    errors: ErrorStyle
    odd: OddFrames
    sdk: Sdk
    prompt_cache: CacheStyle
    plain: Callable[[JsonObject, int | None], PlainRequest | None] | None = None
    echoed: Callable[[Conversation], JsonObject] | None = None
    threads: ThreadStyle | None = None
