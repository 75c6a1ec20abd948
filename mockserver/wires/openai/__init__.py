"""The OpenAI chat completions wire: all chat routes (D0, D1, D3, D4)."""

from mockserver.core.actions import Data
from mockserver.wires.openai import ask, errors, neutral, odd, prefixes, read, reply, request
from mockserver.wires.wire import OddFrames, Reader, Sdk, Wire

WIRE = Wire(
    name="openai",
    title="OpenAI",
    route="/api/v1/chat/completions",
    path_part="",
    request_id_header="x-request-id",
    id_prefix=reply.ID_PREFIX,
    tool_id_prefix=reply.TOOL_ID_PREFIX,
    thought_id_prefix=reply.TOOL_ID_PREFIX,
    events=("role", "reasoning", "text", "tool_call", "finish", "usage", "done"),
    deltas=frozenset({"reasoning", "text", "tool_call"}),
    last_events=frozenset({"done"}),
    keep_alive=Data(b": ping\n\n", "comment"),
    is_likely=request.is_likely,
    parse=request.parse,
    ask=ask.body_of,
    check=request.check,
    whole=reply.whole,
    frames=lambda neutral, chunk, conversation: reply.frames(neutral, chunk, conversation.include_usage),
    stream_forms=({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}),
    stop_reasons=reply.FINISH,
    stop_reason=reply.finish_reason,
    usage_names=("prompt_tokens", "completion_tokens"),
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
    sdk=Sdk("OpenAI SDK", "OPENAI_BASE_URL", "OPENAI_API_KEY", "/api/v1"),
    prompt_cache=prefixes.STYLE,
)
