"""What the gateway promises: the table that everything else refers to by name.

A promise is one sentence that a document makes. It is *kept* when it was examined and nothing spoke against it,
*broken* when one answer did, and *not examined* when nothing in the run could tell. `needs` names the aid without which
a target cannot be brought into the situation (`CREDENTIALS` says how to give it).

The sources are those of openapi.yaml: D0 to D4 documents, OBS observed, SDK needed by the official SDKs. A promise that
only OBS and SDK make is left out under --documented-only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.contracts.document import OBSERVED


@dataclass(frozen=True)
class Promise:
    """One row of the table."""

    name: str
    group: str
    sources: tuple[str, ...]
    section: str
    sentence: str
    needs: str = ""

    @property
    def is_observed(self) -> bool:
        """Whether no document makes it."""
        return set(self.sources) <= OBSERVED

    @property
    def source(self) -> str:
        """The documents and the section, for people."""
        return f"{', '.join(self.sources)} · {self.section}"


CREDENTIALS: Mapping[str, str] = {
    "key": "give --key KEY or set GATEWAY_KEY",
    "exhausted": "give --exhausted-key KEY, a key of an account without credits",
    "limited": "give --limited-key KEY, a key whose rate window is used up, or will be by a few requests",
    "empty": "give --exhausted-key KEY of a real account; a scenario that answers 402 everywhere cannot show it",
    "failing": "give --failing-key KEY, a key for which the gateway answers 500",
    "loading": "give --loading-key KEY, a key for which the model is loading",
    "expired": "give --expired-token TOKEN, a token that has expired",
    "login": "give --login EMAIL:PASSWORD of a user who may be logged in and out",
    "user": "give --login EMAIL:PASSWORD of a user whose password is checked",
    "metered": "give --key KEY of an account that is metered (its balance is not unlimited)",
}
"""What a promise may need -> how to give it."""

_ROWS = """
# conformity: every answer against openapi.yaml
known-status            | D1 | Error Handling            | Every status is one that the document lists for the operation.
known-media-type        | D1 | Chat completions          | Every answer has a content type that the document lists for its status.
body-schema             | D1 | Chat completions          | Every JSON body matches the schema of its status.
header-schema           | D1 | Error Handling            | The headers that the document describes are there and well formed.
body-complete           | D1 | Chat completions          | Every answer arrives complete, within bounds of size and time.
stream-as-asked         | D0 D1 D3 | Streaming           | `stream: true` is answered with events, and nothing else is.
no-server-error         | D1 | Error Handling            | No request is answered 5xx unless the gateway is made to fail.
examples-accepted       | D0 D1 D2 D3 D4 | Examples      | The requests that the documents show are answered 200.
request-id-unique       | SDK | Request ids              | No two successful answers carry the same request id.
latency                 | D1 | Retry Example             | An answer begins within the time given by --latency (else 5 s, and 60 s from a paid gateway).

# framing: the bytes of a stream, before anything is parsed
sse-charset             | D0 D1 D3 | Streaming           | A stream is UTF-8, without a byte order mark, and declares no other charset.
sse-fields              | D0 D1 D3 | Streaming           | Every line is a field of server-sent events, a comment, or blank.
sse-line-ends           | SDK | Streaming                | Lines end with LF or CRLF, never with CR alone.
sse-last-event          | SDK | Streaming                | A blank line ends every event, the last one too.
sse-data                | D0 D1 D3 | Streaming           | The data of every event is one JSON object, or [DONE] on the OpenAI wire.
sse-not-empty           | D0 D1 D3 | Streaming           | A stream is not empty.

# messages: the stream grammar of /v1/messages
messages-event-name     | SDK | Streaming                | Every event has an `event:` line that equals the type in its data.
messages-event-schema   | D1 SDK | Streaming             | Every event matches the schema of its type.
messages-start          | D1 | Streaming                 | A stream begins with one message_start, and has no second one.
messages-blocks         | SDK | Streaming                | Blocks are numbered from 0, one is open at a time, and each is closed.
messages-deltas         | D1 | Streaming                 | A delta belongs to the open block and is of its kind.
messages-tool-json      | D1 SDK | Tool Calling          | The fragments of a tool's input join to one JSON object.
messages-end            | D1 | Streaming                 | One message_delta with a stop reason, then message_stop, then nothing.
messages-usage          | D1 SDK | Streaming             | message_start counts the input, message_delta the output, and neither shrinks.

# chat: the stream grammar of the chat routes
chat-no-event-line      | SDK | Streaming                | Chunks have no `event:` line.
chat-chunk-schema       | D0 D1 D3 | Streaming           | Every chunk matches its schema.
chat-one-identity       | D1 SDK | Streaming             | All chunks of a stream have the same id, model and created.
chat-role-once          | SDK | Streaming                | The first chunk names the role assistant, and no later one does.
chat-tool-deltas        | SDK | Tool Calling             | Tool calls are numbered from 0; id, type and name come once, in the first fragment.
chat-tool-json          | D0 D4 SDK | Tool Calling       | The fragments of a tool's arguments join to one JSON object.
chat-finish             | D0 D1 D3 | Streaming           | One chunk has a finish reason, and no content follows it.
chat-done               | D3 | Streaming (SSE)           | A stream ends with one [DONE] and nothing after it.
chat-usage-chunk        | SDK | Streaming                | A chunk without choices, with usage, comes if include_usage asks for it, and only then.

# consistency: an answer agrees with itself and with its request
usage-adds-up           | D1 D4 | Response               | total_tokens is prompt_tokens plus completion_tokens; so is total_tokens_used after one iteration.
usage-counts            | D1 | Response                  | Input and output that are not empty cost at least one token each, and not absurdly many.
stop-matches-content    | D1 D4 | Tool Calling           | The stop reason says tool use exactly if a tool is called.
top-finish-agrees       | D4 OBS | Best Practices        | A top-level finish_reason says the same as the choice's.
model-echoed            | D1 D4 | Response               | An answer names the model that the request asked for.
ids-unique              | D1 | Response                  | Ids of answers and of tool calls are never used twice.
tools-as-offered        | D1 D4 | Tool Calling           | Only offered tools are called, and none under tool_choice none.
tool-arguments          | D1 D4 | Tool Calling           | A call's arguments satisfy the tool's own schema.
tool-forced             | D1 D4 | Tool Calling           | tool_choice that forces a tool is obeyed.
max-tokens-kept         | D0 D1 D3 D4 | Request Parameters | No answer is longer than max_tokens.
created-plausible       | D4 | Response Schema           | `created` is about now.
one-choice              | D0 D1 D4 | Response            | There is one choice, numbered 0.
not-empty               | D1 | Basic Chat Completion     | An answer says something or calls a tool.
stop-sequence-kept      | SDK | Stop sequences           | A stop sequence that ended an answer is one of the request's, and is not in the text.
provider-echoed         | D4 | Response Schema           | An answer names the provider of the request, and counts its iterations from 1.

# meaning: two requests compared
stream-same-as-whole    | D0 D1 D3 | Streaming           | The same request streamed and whole gives the same blocks, stop reason and input tokens.
max-tokens-cut          | D0 D1 D3 | Request Parameters  | An answer that is cut by max_tokens says so.
tool-round-trip         | D1 D4 | Tool Calling           | A tool's result, sent back, is followed by a final answer.
tools-unsupported       | D1 | Supported Models          | gemma and deepseek-r1 models call no tools.
count-tokens            | SDK | Count tokens             | More text is more tokens, and never none.
models-listed           | OBS SDK | Models               | A listed model can be looked up, and both say the same.
concurrency             | D1 | Rate Limits               | Requests at the same time get each its own answer.
default-max-tokens      | D1 D4 | Request Parameters     | max_tokens, temperature, top_p, tools and system may be left out.

# auth
auth-missing            | D0 D1 D3 | Authentication      | Without a credential, a route that needs one answers 401.
auth-malformed          | D1 | Authentication            | An empty key, or an authorization header that is not Bearer, is 401.
auth-sk-ant-key         | D1 | Authentication            | A key that begins with sk-ant- in x-api-key is 401.
auth-sk-ant-bearer      | D1 | Authentication            | A key that begins with sk-ant- as Bearer is 401, on the BYOK route too.
auth-both-ways          | D1 D3 | Authentication         | A key is good in x-api-key and as Bearer, wherever both are documented.
auth-optional           | D4 | Authentication            | The BYOK route answers without any credential.
auth-before-body        | D1 | Error Handling            | A bad credential is told before a bad body.
auth-no-echo            | D1 | Authentication            | No answer repeats a credential.
auth-expired            | D1 | Bearer Token              | An expired token is 401. | expired
version-never-refused   | D1 SDK | Quick Start           | No anthropic-version is a reason to refuse.

# errors
error-envelope          | D4 | Error Response Format     | Every failure has a body of a published form, with a message for people.
error-type              | D4 SDK | Error Response Format | The error's type fits its status.
error-agrees            | OBS | Errors                   | message, detail and error.message say the same.
error-dialect           | SDK | Errors                   | On the Anthropic wire an error object stands beside `type: error`.
error-no-internals      | D4 | Error Response Format     | No failure shows a stack trace, or is an HTML page.
retry-after             | D1 | Error Handling            | Every 429 has a retry-after of whole seconds, at least 1.
absent-routes           | D1 | Known Quirks              | /api/oauth/roles and /api/oauth/profile are 404.
wrong-method            | OBS | Routes                   | A wrong method is 405 (or 404), in the documented error form.
invalid-json            | D1 D4 | Error Handling         | A body that is not JSON gets the route's status for an invalid request.
missing-field           | D0 D1 D3 D4 | Request Parameters | A request without a required field gets the route's status for an invalid request.
wrong-type              | D1 D4 | Error Handling         | A field of the wrong kind gets the route's status for an invalid request.
out-of-range            | D0 D1 D3 D4 | Request Parameters | A number outside its documented range gets the route's status for an invalid request.
temperature-range       | D0 D1 D3 D4 | Request Parameters | Temperature ends at 2 on the routes of D0 and D1, and at 1 on those of D3 and D4.
tool-shape              | D0 D1 D4 | Tool Calling        | A tool in the shape of the other wire is refused.
tool-result-pairing     | SDK | Tool Calling             | A tool result without its call is refused on the Anthropic wire.
max-tokens-limit        | D1 | Known Quirks              | More max_tokens than the model can write is 400.
provider-unsupported    | D4 | Provider Not Available    | An unknown provider is 400, "Unsupported provider: xyz".
max-iterations          | D2 D4 | Max Iterations Exceeded | Too many rounds of tool calls end in the documented error.

# robustness
long-text               | D1 | Rate Limits & Credits     | A message of many thousand words is answered.
unicode                 | D1 | Chat completions          | Text of every Unicode plane is answered.
deep-json               | D1 | Error Handling            | Deeply nested JSON is answered or refused, in order.
huge-numbers            | D1 | Error Handling            | Numbers beyond every range are answered or refused, in order.
duplicate-keys          | D1 | Error Handling            | A body with a key twice is answered or refused, in order.
unknown-fields          | SDK | Request Parameters       | Unknown fields are ignored.
head-and-options        | OBS | CORS                     | HEAD has no body, and a browser's preflight is answered.
slow-client             | D1 | Chat completions          | A body that comes in pieces is read to its end.
generated-valid         | D0 D1 D3 D4 | Request Parameters | Generated valid requests are never refused as invalid.
generated-invalid       | D1 D4 | Error Handling         | Generated invalid requests are never answered 200.

# account: needs help, or credentials
status-402              | D3 | Error Handling            | An account without credits is 402, with the code insufficient_credits. | exhausted
byok-not-metered        | D4 | Authentication            | An account without credits is still served by the BYOK route. | empty
status-429              | D1 D3 | Error Handling         | A used up rate window is 429. | limited
retry-after-true        | D1 | Error Handling            | After retry-after seconds the next request is served. | limited
status-500              | D1 | Error Handling            | A fault of the gateway is 500, in the documented form. | failing
cold-start              | D1 D3 | Error Handling         | A model that is loading is 502 or 503, in the documented form. | loading
balance-adds-up         | D1 D3 | Credits                | remaining_credits is total_credits less used_credits.
balance-falls           | D3 | Credit Costs              | An answer lowers the balance, by what it says that it consumed. | metered
refused-is-free         | D3 | Credit Costs              | A refused request does not lower the balance. | metered
byok-is-free            | D4 | Pricing                   | A BYOK request does not lower the balance. | metered
login                   | D2 D1 | Authentication         | A login gives tokens; the access token is a JWT of 24 hours. | login
login-form              | OBS | Authentication           | A login may come as a form too, as OAuth2 clients send it. | login
login-refused           | D2 OBS | Authentication        | A wrong password is 401, and half a login is 422. | user
me                      | D1 | Known Quirks              | /auth/me says who is logged in. | login
refresh                 | D1 | Bearer Token              | A refresh gives a new access token that works. | login
logout                  | OBS | Authentication           | After logout the token is 401. | login
token-forged            | D1 | Bearer Token              | A token with a changed signature is 401. | login
"""


def _read(rows: str) -> dict[str, Promise]:
    found: dict[str, Promise] = {}
    group = ""
    for line in rows.strip().splitlines():
        if line.startswith("#"):
            group = line.removeprefix("# ").partition(":")[0]
        elif line.strip():
            name, sources, section, sentence, needs = [*(part.strip() for part in line.split("|")), ""][:5]
            found[name] = Promise(name, group, tuple(sources.split()), section, sentence, needs)
    return found


PROMISES: Mapping[str, Promise] = _read(_ROWS)
"""Every promise by its name, in the order in which reports show them."""
