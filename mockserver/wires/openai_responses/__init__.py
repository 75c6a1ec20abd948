"""The OpenAI Responses wire: POST /v1/responses, of the extension `responses`.

No document of the gateway names it. Source: the official SDKs (openai 3.52, `types/responses`).
"""

from mockserver.core.actions import Data
from mockserver.wires.openai import WIRE as CHAT
from mockserver.wires.openai_responses import ask, errors, neutral, odd, prefixes, read, reply, request, threads
from mockserver.wires.wire import OddFrames, Reader, Wire

WIRE = Wire(
    name="openai_responses",
    title="OpenAI Responses",
    route="/v1/responses",
    path_part="/responses",
    request_id_header="x-request-id",
    id_prefix=reply.ID_PREFIX,
    tool_id_prefix=reply.TOOL_ID_PREFIX,
    thought_id_prefix=reply.TOOL_ID_PREFIX,
    events=reply.EVENTS,
    deltas=reply.DELTAS,
    last_events=reply.LAST_EVENTS,
    keep_alive=Data(b": ping\n\n", "comment"),
    is_likely=request.is_likely,
    parse=request.parse,
    ask=ask.body_of,
    check=request.check,
    whole=reply.whole,
    frames=lambda neutral, chunk, conversation: reply.frames(neutral, chunk),
    stream_forms=({"stream": True},),
    stop_reasons=reply.STATUS,
    stop_reason=reply.status_of,
    usage_names=("input_tokens", "output_tokens"),
    reports_tool_errors=False,
    reader=Reader(
        texts=read.texts,
        thinking=read.thinking,
        calls=read.calls,
        text_deltas=read.text_deltas,
        thinking_deltas=read.thinking_deltas,
        call_deltas=read.call_deltas,
        whole_of=read.whole_of,
        stream_of=read.stream_of,
        sent_arguments=read.sent_arguments,
        reply_of=neutral.reply_of,
        settle=read.settle,
    ),
    errors=errors.STYLE,
    odd=OddFrames(
        text_delta=odd.text_delta,
        reasoning=odd.reasoning,
        whole_reasoning=odd.whole_reasoning,
        thinking_as_text=odd.thinking_as_text,
        whole_thinking_as_text=odd.whole_thinking_as_text,
        unknown=odd.unknown,
    ),
    sdk=CHAT.sdk,
    prompt_cache=prefixes.STYLE,
    echoed=reply.echoed,
    threads=threads.STYLE,
)
