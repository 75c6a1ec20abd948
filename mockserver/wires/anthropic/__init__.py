"""The Anthropic Messages wire: POST /v1/messages (D1)."""

from mockserver.wires.anthropic import errors, odd, read, reply, request, thinking
from mockserver.wires.wire import OddFrames, Reader, Sdk, Wire

WIRE = Wire(
    name="anthropic",
    title="Anthropic",
    route="/v1/messages",
    path_part="/messages",
    request_id_header="request-id",
    id_prefix=reply.ID_PREFIX,
    tool_id_prefix=reply.TOOL_ID_PREFIX,
    thought_id_prefix=thinking.THOUGHT,
    events=(
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop", "ping"),
    ),
    deltas=frozenset({"content_block_delta"}),
    last_event="message_stop",
    keep_alive=reply.PING,
    is_likely=request.is_likely,
    parse=request.parse,
    check=request.check,
    whole=reply.whole,
    frames=lambda neutral, chunk, conversation: reply.frames(neutral, chunk),
    stream_forms=({"stream": True},),
    stop_reasons={
        "end_turn": "end_turn",
        "max_tokens": "max_tokens",
        "stop_sequence": "stop_sequence",
        "tool_use": "tool_use",
        "refusal": "refusal",
    },
    stop_reason=lambda stop, blocks: stop,
    usage_names=("input_tokens", "output_tokens"),
    reports_tool_errors=True,
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
    sdk=Sdk("Anthropic SDK", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", ""),
)
