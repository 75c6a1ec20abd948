"""Replies that both wires must be able to say; their golden files show how."""

from mockserver.core.conversation import Reply, ReplyBlock, Stop, Text, Thinking, ToolUse, Usage

ODD = 'Línea 1 — 天気は晴れ 🎉\n\t"quoted" \\ back\u2028slash </script> \x7f end'
READ = ToolUse("read_file", {"path": "/tmp/test.txt", "lines": [1, 20], "raw": False, "limit": None}, "id_read")
THOUGHT = Thinking("The user wants a file. I read it.", "sig1")
WEATHER = ToolUse("get_weather", {"city": "Tromsø", "days": 3}, "id_weather")


def reply(
    *blocks: ReplyBlock,
    stop: Stop = "end_turn",
    output: int = 7,
    thinking: int = 0,
    sequence: str | None = None,
    **extras: object,
) -> Reply:
    """Return a reply whose every derived part is fixed."""
    return Reply(
        id="0123456789abcdef",
        model="claude-sonnet-4.5",
        created=1_767_225_600,
        blocks=blocks,
        stop=stop,
        usage=Usage(12, output, thinking),
        stop_sequence=sequence,
        extras=extras,
    )


REPLIES: dict[str, Reply] = {
    "text": reply(Text("Hello! How can I help you today?")),
    "odd-text": reply(Text(ODD)),
    "nothing": reply(output=0),
    "empty-text": reply(Text(""), output=0),
    "two-texts": reply(Text("One. "), Text("Two.")),
    "tool": reply(Text("Let me read that file."), READ, stop="tool_use"),
    "tool-alone": reply(WEATHER, stop="tool_use"),
    "tool-without-arguments": reply(ToolUse("now", {}, "id_now"), stop="tool_use"),
    "parallel-tools": reply(READ, WEATHER, stop="tool_use"),
    "max-tokens": reply(Text("Once upon a"), stop="max_tokens"),
    "stop-sequence": reply(Text("Once upon "), stop="stop_sequence", sequence="a time"),
    "refusal": reply(Text("No."), stop="refusal"),
    "refused": reply(Text("I cannot help.", is_refusal=True), stop="refusal"),
    "refused-late": reply(Text("Well, "), Text("no.", is_refusal=True), stop="refusal"),
    "thinking": reply(Thinking("Hm. 2 + 2?", "sig1"), Text("Four."), thinking=3),
    "thinking-and-tool": reply(THOUGHT, READ, Thinking("", "sig2"), stop="tool_use", thinking=5),
    "redacted-thinking": reply(Thinking("A secret.", "sig3", redacted=True), Text("Four."), thinking=3),
}
