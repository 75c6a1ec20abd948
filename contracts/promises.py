"""What the gateway promises: the table that everything else refers to by name.

A promise is one sentence that a document makes. A run calls it *kept* if it was examined and nothing spoke against it,
*broken* if an answer did, and *not examined* if nothing in the run could tell. `needs` names the credential without
which a target cannot be brought into the situation; `CREDENTIALS` says how to give it.

Sources are those of openapi.yaml: the documents D0 to D4, OBS for what was observed, SDK for what the official SDKs
need. `--documented-only` leaves out the promises that only OBS and SDK make. RFC marks what HTTP itself promises. WIRE
marks what every gateway promises that speaks the wire of OpenAI or of Anthropic, by their published references:
`--dialect` examines these promises alone. HTTP marks what every OpenAPI document promises by what it says itself:
`--contract FILE` examines these if FILE is not a version of openapi.yaml, and those of WIRE for the operations that speak
one.

To add one, write a row, then see docs/extending/promise.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from mockserver.contracts.document import Scope
from mockserver.contracts.observed import OBSERVED

SCOPES: Mapping[str, Scope] = {"WIRE": "wire", "HTTP": "document"}
"""The sources that are no documents of the gateway -> the contracts that have them."""


@dataclass(frozen=True)
class Promise:
    """A row of the table."""

    name: str
    group: str
    sources: tuple[str, ...]
    section: str
    sentence: str
    needs: str = ""

    @property
    def is_observed(self) -> bool:
        """Whether it was only observed: no document makes it."""
        return set(self.sources) - set(SCOPES) <= OBSERVED

    def is_made_in(self, scope: Scope) -> bool:
        """Return whether a contract of this scope makes the promise: the gateway's own, or that of a wire."""
        return scope in {SCOPES.get(source, "own") for source in self.sources}

    def made_in(self, scopes: Collection[Scope]) -> "Promise":
        """Return the promise with the sources that these contracts have; a section is one of our own documents."""
        if not scopes or "own" in scopes:
            return self
        return replace(self, sources=tuple([name for name in self.sources if SCOPES.get(name) in scopes]), section="")

    @property
    def source(self) -> str:
        """The documents and the section, as reports show them."""
        return " · ".join([text for text in (", ".join(self.sources), self.section) if text])


CREDENTIALS: Mapping[str, str] = {
    "key": "give --key KEY or set GATEWAY_KEY",
    "exhausted": "give --exhausted-key KEY: a key of an account without credits",
    "limited": "give --limited-key KEY: a key whose rate limit is reached after a few requests",
    "empty": "give --exhausted-key KEY of a real account; a scenario that always answers 402 cannot show it",
    "window": "give --limited-key KEY: a key whose rate limit is reached after a few requests",
    "second": "give --second-key KEY: a key of another account, which nobody else uses meanwhile",
    "failing": "give --failing-key KEY: a key for which the gateway answers 500",
    "loading": "give --loading-key KEY: a key for which the model is loading",
    "expired": "give --expired-token TOKEN: an access token that has expired",
    "login": "give --login EMAIL:PASSWORD of a user who may be logged in and out",
    "other": "give --second-login EMAIL:PASSWORD of another user than that of --login",
    "user": "give --login EMAIL:PASSWORD of a user whose password is checked",
    "metered": "give --key KEY of an account with a limited balance",
}
"""The credential that a promise needs -> how to give it."""

_ROWS = """
# conformity: every answer against openapi.yaml
known-status           | D1 HTTP                  | Error Handling          | Every status is one that the document lists for the operation.
known-media-type       | D1 WIRE HTTP             | Chat completions        | Every answer has a content type that the document lists for its status.
body-schema            | D1 WIRE HTTP             | Chat completions        | Every JSON body matches the schema of its status.
header-schema          | D1 HTTP                  | Error Handling          | Every header that the document describes is present and well formed.
body-complete          | D1 WIRE HTTP             | Chat completions        | Every answer arrives complete, within the limits of size and time.
stream-as-asked        | D0 D1 D3 WIRE            | Streaming               | A request with `stream: true` is answered with events; no other request is.
no-server-error        | D1 WIRE HTTP             | Error Handling          | No request is answered 5xx, unless the gateway is made to fail.
examples-accepted      | D0 D1 D2 D3 D4 WIRE HTTP | Examples                | The example requests of the documents are answered 200.
request-id-unique      | SDK WIRE                 | Request ids             | No two successful answers carry the same request id.
latency                | D1 WIRE HTTP             | Retry Example           | An answer begins within the time of --latency (default: 5 s, 60 s for a gateway that charges).

# framing: the bytes of a stream, before anything is parsed
sse-charset            | D0 D1 D3 WIRE            | Streaming               | A stream is UTF-8 without a byte order mark, and declares no other charset.
sse-fields             | D0 D1 D3 WIRE            | Streaming               | Every line is a field of server-sent events, a comment, or blank.
sse-line-ends          | SDK WIRE                 | Streaming               | Lines end with LF or CRLF, never with CR alone.
sse-last-event         | SDK WIRE                 | Streaming               | A blank line ends every event, including the last one.
sse-data               | D0 D1 D3 WIRE            | Streaming               | The data of every event is one JSON object, or [DONE] on the OpenAI wire.
event-schema           | HTTP                     | Streaming               | Every event of a stream matches the itemSchema of the document.
sse-not-empty          | D0 D1 D3 WIRE            | Streaming               | A stream has at least one event.

# messages: the stream grammar of /v1/messages
messages-event-name    | SDK WIRE                 | Streaming               | Every event has an `event:` line that equals the type in its data.
messages-event-schema  | D1 SDK WIRE              | Streaming               | Every event matches the schema of its type.
messages-start         | D1 WIRE                  | Streaming               | A stream begins with message_start, which does not occur again.
messages-blocks        | SDK WIRE                 | Streaming               | Blocks are numbered from 0, one is open at a time, and each is closed.
messages-deltas        | D1 WIRE                  | Streaming               | A delta belongs to the open block and has the block's kind.
messages-tool-json     | D1 SDK WIRE              | Tool Calling            | The fragments of a tool's input join to one JSON object.
messages-thinking      | SDK WIRE                 | Streaming               | A thinking block ends with one signature, which comes after the thinking.
messages-end           | D1 WIRE                  | Streaming               | A stream ends with one message_delta that has a stop reason, then message_stop.
messages-usage         | D1 SDK WIRE              | Streaming               | message_start counts the input, message_delta the output; neither count shrinks.

# chat: the stream grammar of the chat routes
chat-no-event-line     | SDK WIRE                 | Streaming               | Chunks have no `event:` line.
chat-chunk-schema      | D0 D1 D3 WIRE            | Streaming               | Every chunk matches its schema.
chat-one-identity      | D1 SDK WIRE              | Streaming               | All chunks of a stream have the same id, model and created.
chat-role-once         | SDK WIRE                 | Streaming               | The first chunk names the role assistant; no later chunk names a role.
chat-tool-deltas       | SDK WIRE                 | Tool Calling            | Tool calls are numbered from 0; id, type and name come once, in the first fragment.
chat-tool-json         | D0 D4 SDK WIRE           | Tool Calling            | The fragments of a tool's arguments join to one JSON object.
chat-finish            | D0 D1 D3 WIRE            | Streaming               | Exactly one chunk has a finish reason, and no content follows it.
chat-done              | D3 WIRE                  | Streaming (SSE)         | A stream ends with exactly one [DONE].
chat-usage-chunk       | SDK WIRE                 | Streaming               | A chunk with usage and without choices comes if include_usage asks for it, and only then.

# consistency: an answer agrees with itself and with its request
usage-adds-up          | D1 D4 WIRE               | Response                | total_tokens is prompt_tokens plus completion_tokens; after one iteration total_tokens_used is the same.
usage-counts           | D1 WIRE                  | Response                | Input and output that are not empty count at least one token each, and not absurdly many.
cached-counts          | SDK WIRE                 | Prompt caching          | Cached tokens are a part of the prompt, and those written add up by their lifetimes.
stop-matches-content   | D1 D4 WIRE               | Tool Calling            | The stop reason says tool use if and only if the answer calls a tool.
top-finish-agrees      | D4 OBS                   | Best Practices          | A top-level finish_reason equals that of the choice.
model-echoed           | D1 D4                    | Response                | An answer names the model of its request.
ids-unique             | D1 WIRE                  | Response                | No id of an answer or a tool call is used twice.
tools-as-offered       | D1 D4 WIRE               | Tool Calling            | The model calls only tools that the request offers, and none if tool_choice is none.
tool-arguments         | D1 D4                    | Tool Calling            | The arguments of a tool call satisfy the tool's schema.
tool-forced            | D1 D4 WIRE               | Tool Calling            | If tool_choice forces a tool, the model calls it.
json-as-asked          | SDK WIRE                 | Structured outputs      | If a request asks for a schema, the text of the answer is JSON that satisfies it.
max-tokens-kept        | D0 D1 D3 D4 WIRE         | Request Parameters      | No answer is longer than max_tokens.
created-plausible      | D4 WIRE                  | Response Schema         | `created` is within a day of now.
one-choice             | D0 D1 D4 WIRE            | Response                | There is exactly one choice, with index 0, unless n asks for more.
not-empty              | D1 WIRE                  | Basic Chat Completion   | An answer has text or calls a tool.
stop-sequence-kept     | SDK WIRE                 | Stop sequences          | The stop sequence of an answer is one of the request's, and is not in the text.
provider-echoed        | D4                       | Response Schema         | An answer names the provider of its request, and its iterations count from 1.
choices-as-asked       | WIRE                     | Create chat completion  | With n there are n choices, numbered from 0, whole and streamed.
created-found          | HTTP                     | Links and state         | What a POST creates can be read by its id.
deleted-gone           | HTTP                     | Links and state         | What a DELETE has deleted is answered 404 or 410.
put-stored             | HTTP                     | Links and state         | What a PUT sends can be read afterwards.
patch-keeps-rest       | HTTP                     | Links and state         | A PATCH changes the fields that it sends, and no others.
idempotent-methods     | HTTP                     | Idempotence             | A GET, PUT or DELETE that is repeated changes nothing more.
links-followed         | HTTP                     | Links and state         | A link of an answer leads to what is there.
logprobs-as-asked      | WIRE                     | Create chat completion  | With logprobs each token has its logprob, and the tokens join to the text.
vision-accepted        | WIRE                     | Images                  | A picture is accepted, whole and streamed.

# meaning: two requests compared
stream-same-as-whole   | D0 D1 D3 WIRE            | Streaming               | The same request, streamed and whole, gets the same blocks, stop reason and input tokens.
max-tokens-cut         | D0 D1 D3 WIRE            | Request Parameters      | An answer that max_tokens cuts off says so in its stop reason.
tool-round-trip        | D1 D4 WIRE               | Tool Calling            | The answer to a tool result is final: text, and no further tool call.
thinking-accepted      | SDK WIRE                 | Thinking                | A request for thinking is answered, and takes the thinking back as it came.
tools-unsupported      | D1                       | Supported Models        | The gemma and deepseek-r1 models call no tools.
count-tokens           | SDK WIRE                 | Count tokens            | A longer text has more tokens, and every text has some.
models-listed          | OBS SDK WIRE             | Models                  | Each model is listed once and can be looked up by its id.
concurrency            | D1 WIRE                  | Rate Limits             | Of several requests at the same time, each gets its own answer.
default-max-tokens     | D1 D4                    | Request Parameters      | max_tokens, temperature, top_p, tools and system are optional.

# conversations: generated whole, and shortened to the smallest that deviates
conversation-answered  | D1 D4 WIRE               | Tool Calling            | Every valid conversation is answered 200: any text, long histories, large offers, parallel calls.
repeat-changes-nothing | SDK WIRE                 | Retries                 | The same request again gets the same status, kind of answer and number of input tokens.
unused-tool-harmless   | SDK WIRE                 | Tool Calling            | One more tool that the request does not force changes neither the status nor the kind of answer.
header-order-harmless  | SDK WIRE                 | Request Headers         | The order of the headers changes neither status, kind of answer nor number of input tokens.
pieces-harmless        | SDK WIRE                 | Streaming               | A stream is the same if the client sends and reads in small pieces.

# auth
auth-missing           | D0 D1 D3 WIRE HTTP       | Authentication          | A request without a credential, on a route that needs one, is answered 401.
auth-malformed         | D1 WIRE                  | Authentication          | An empty key, or an authorization header that is not Bearer, is answered 401.
auth-wrong             | HTTP                     | Authentication          | A wrong credential is answered 401 or 403, in each place where the document puts one.
auth-sk-ant-key        | D1                       | Authentication          | A key in x-api-key that begins with sk-ant- is answered 401.
auth-sk-ant-bearer     | D1                       | Authentication          | A Bearer key that begins with sk-ant- is answered 401, on the BYOK route too.
auth-both-ways         | D1 D3                    | Authentication          | A key is accepted in x-api-key and as Bearer wherever both are documented.
auth-optional          | D4                       | Authentication          | The BYOK route answers a request without a credential.
auth-before-body       | D1                       | Error Handling          | The credential is checked before the body.
auth-no-echo           | D1 WIRE HTTP             | Authentication          | No answer repeats a credential.
auth-expired           | D1                       | Bearer Token            | An expired token is answered 401. | expired
version-never-refused  | D1 SDK                   | Quick Start             | No value of anthropic-version makes a request invalid.

# errors
error-envelope         | D4 WIRE                  | Error Response Format   | Every error body has a published form, with a message for people.
error-type             | D4 SDK WIRE              | Error Response Format   | The error's type fits its status.
error-agrees           | OBS                      | Errors                  | The fields message, detail and error.message of an error are equal.
error-dialect          | SDK WIRE                 | Errors                  | On the Anthropic wire, `type: error` accompanies an error object.
error-no-internals     | D4 WIRE HTTP             | Error Response Format   | No error shows a stack trace or is an HTML page.
retry-after            | D1                       | Error Handling          | Every 429 has a retry-after header in whole seconds, at least 1.
absent-routes          | D1                       | Known Quirks            | /api/oauth/roles and /api/oauth/profile are answered 404.
wrong-method           | OBS WIRE HTTP            | Routes                  | A wrong method is answered 405 (or 404), in the documented error form.
invalid-json           | D1 D4 WIRE HTTP          | Error Handling          | A body that is not JSON gets the route's status for invalid requests.
missing-field          | D0 D1 D3 D4 WIRE HTTP    | Request Parameters      | A request without a required field gets the route's status for invalid requests.
wrong-type             | D1 D4 WIRE HTTP          | Error Handling          | A field of the wrong type gets the route's status for invalid requests.
out-of-range           | D0 D1 D3 D4 WIRE         | Request Parameters      | A number outside its documented range gets the route's status for invalid requests.
boundary-accepted      | D0 D1 D3 D4 HTTP         | Request Parameters      | The smallest and the largest value that a field permits is accepted.
boundary-refused       | D0 D1 D3 D4 HTTP         | Request Parameters      | A value just beyond what a field permits gets the route's status for invalid requests.
temperature-range      | D0 D1 D3 D4              | Request Parameters      | The highest temperature is 2 on the routes of D0 and D1, and 1 on those of D3 and D4.
tool-shape             | D0 D1 D4                 | Tool Calling            | A tool in the form of the other wire is rejected.
tool-result-pairing    | SDK WIRE                 | Tool Calling            | A tool result without its tool call is rejected on the Anthropic wire.
max-tokens-limit       | D1                       | Known Quirks            | A max_tokens above the model's limit is answered 400, or by a reply within it.
provider-unsupported   | D4                       | Provider Not Available  | An unknown provider is answered 400, with the message "Unsupported provider: xyz".
max-iterations         | D2 D4                    | Max Iterations Exceeded | Too many rounds of tool calls get the documented error.

# robustness
long-text              | D1 WIRE                  | Rate Limits & Credits   | A message of many thousand words is answered.
unicode                | D1 WIRE                  | Chat completions        | Text of every Unicode plane is answered, and is unchanged where a forced tool repeats it.
deep-json              | D1 WIRE                  | Error Handling          | Deeply nested JSON is accepted, or rejected as invalid or too large.
huge-numbers           | D1 WIRE                  | Error Handling          | Numbers beyond every range are accepted, or rejected as invalid.
duplicate-keys         | D1 WIRE                  | Error Handling          | A body with a duplicate key is accepted, or rejected as invalid.
unknown-fields         | SDK                      | Request Parameters      | Unknown fields are ignored.
sdk-requests           | SDK                      | Request Parameters      | What the SDKs' types allow is answered: role system, server-tool blocks, null for "not set".
head-and-options       | OBS HTTP                 | CORS                    | An answer to HEAD has no body, and a browser's preflight is answered.
slow-client            | D1 WIRE                  | Chat completions        | A body that arrives in pieces is read to its end.
one-request-one-answer | RFC WIRE HTTP            | RFC 9112, 6.1 and 11.2  | A request whose length is ambiguous gets one answer, and the next request gets its own.
framing-refused        | RFC WIRE HTTP            | RFC 9112, 5.1 and 6.3   | A malformed length or header is answered 4xx or 5xx, or the connection is closed.
host-required          | RFC WIRE HTTP            | RFC 9112, 3.2           | A request without one valid Host is answered 400.
absolute-target        | RFC WIRE HTTP            | RFC 9112, 3.2.2         | A target in absolute form is answered as its path is, and its host counts before that of Host.
generated-valid        | D0 D1 D3 D4 HTTP         | Request Parameters      | Generated valid requests are answered 200.
generated-invalid      | D1 D4 HTTP               | Error Handling          | Generated invalid requests are answered 4xx.

# account: needs help, or credentials
status-402             | D3                       | Error Handling          | An account without credits is answered 402, with the code insufficient_credits. | exhausted
byok-not-metered       | D4                       | Authentication          | The BYOK route serves an account without credits. | empty
status-429             | D1 D3 WIRE               | Error Handling          | A request beyond the rate limit is answered 429. | limited
retry-after-true       | D1 WIRE                  | Error Handling          | After retry-after seconds the next request is served. | limited
status-500             | D1                       | Error Handling          | An internal error of the gateway is answered 500, in the documented form. | failing
cold-start             | D1 D3                    | Error Handling          | A request for a model that is loading is answered 502 or 503, in the documented form. | loading
balance-adds-up        | D1 D3                    | Credits                 | remaining_credits is total_credits minus used_credits.
balance-falls          | D3                       | Credit Costs            | An answer lowers the balance; if it states the amount, by that amount. | metered
refused-is-free        | D3                       | Credit Costs            | A rejected request does not lower the balance. | metered
byok-is-free           | D4                       | Pricing                 | A BYOK request does not lower the balance. | metered
balance-own            | D3                       | Credits                 | What one account spends does not change the balance of another. | second
balance-together       | D3                       | Credit Costs            | Answers at the same time lower the balance by the sum of what they state. | metered
limit-together         | D1 D3                    | Error Handling          | Requests at the same time count against the rate limit as those one after another do. | window
limit-own              | D0 D1                    | Rate Limits             | While one key is limited, another is served. | window
exhausted-together     | D3                       | Error Handling          | Of requests at the same time on an account without credits, none is served. | exhausted
login                  | D2 D1                    | Authentication          | A login returns tokens; the access token is a JWT that is valid for 24 hours. | login
login-form             | OBS                      | Authentication          | A login is accepted as a form too, as OAuth2 clients send it. | login
login-refused          | D2 OBS                   | Authentication          | A wrong password is answered 401, an incomplete login 422. | user
me                     | D1                       | Known Quirks            | /auth/me returns the user who is logged in. | login
refresh                | D1                       | Bearer Token            | A refresh returns a new access token that works. | login
logout                 | OBS                      | Authentication          | After a logout the token is answered 401. | login
token-clock            | D1                       | Bearer Token            | A new or refreshed token is valid at once: iat and nbf are not ahead of the answer's clock, exp is. | login
tokens-own             | D1 OBS                   | Bearer Token            | A token shows its own user, also after a refresh, and the logout of another user does not end it. | other
token-forged           | D1                       | Bearer Token            | A token with a changed signature is answered 401. | login
"""


def _read(rows: str) -> dict[str, Promise]:
    promises: dict[str, Promise] = {}
    group = ""
    for line in rows.strip().splitlines():
        if line.startswith("#"):
            group = line.removeprefix("# ").partition(":")[0]
        elif line.strip():
            name, sources, section, sentence, needs = [*(part.strip() for part in line.split("|")), ""][:5]
            promises[name] = Promise(name, group, tuple(sources.split()), section, sentence, needs)
    return promises


PROMISES: Mapping[str, Promise] = _read(_ROWS)
"""Every promise by its name, in the order in which reports show them."""
