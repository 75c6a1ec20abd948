"""The table of faults: one line for each, group by group, in the order in which users see them.

A line is the fault's place under this folder: its group, which is a folder, and its name, which is a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.faults.fault import Fault

GROUPS: Mapping[str, str] = {
    "http": "Status, headers and body are not what the client asked for.",
    "connection": "The connection breaks, hangs, trickles, or is framed wrongly.",
    "framing": "The stream says the same in unusual bytes, or ends oddly.",
    "meaning": "Events or fields are missing, doubled, unknown, broken, or errors.",
    "content": "The text itself is odd.",
    "calls": "The tool calls are odd.",
    "time": "The answer comes late or slowly.",
}
"""The groups, each with what its faults have in common."""

TABLE = (
    "http.error",
    "http.body",
    "http.status",
    "http.redirect",
    "http.json_for_stream",
    "http.stream_for_json",
    "http.minimal",
    "http.header",
    "http.content_type",
    "http.retry_after",
    "http.retry_after_ms",
    "http.should_retry",
    "http.gzip",
    "connection.close",
    "connection.reset",
    "connection.hang",
    "connection.cut",
    "connection.malformed_chunk",
    "connection.framing",
    "connection.content_length",
    "connection.trickle",
    "framing.no_event_line",
    "framing.event_name",
    "framing.no_space",
    "framing.crlf",
    "framing.cr",
    "framing.crlf_split",
    "framing.multi_line_data",
    "framing.comment_inside",
    "framing.ids",
    "framing.utf8_split",
    "framing.one_byte_per_write",
    "framing.one_event_per_write",
    "framing.one_write",
    "framing.unterminated",
    "framing.comments",
    "framing.pings",
    "framing.blank_lines",
    "framing.bom",
    "framing.extra_done",
    "framing.data_after_end",
    "framing.empty_data",
    "framing.plain_data",
    "framing.large_event",
    "meaning.short_sequence",
    "meaning.drop",
    "meaning.only",
    "meaning.no_message_start",
    "meaning.no_content_block_start",
    "meaning.no_content_block_stop",
    "meaning.no_message_delta",
    "meaning.no_message_stop",
    "meaning.no_ping",
    "meaning.no_role",
    "meaning.no_finish",
    "meaning.no_done",
    "meaning.duplicate",
    "meaning.swap",
    "meaning.block_index",
    "meaning.unknown",
    "meaning.reasoning",
    "meaning.second_choice",
    "meaning.no_choices",
    "meaning.malformed_json",
    "meaning.truncated_json",
    "meaning.error_event",
    "meaning.field",
    "meaning.field_missing",
    "meaning.field_null",
    "meaning.usage",
    "meaning.finish",
    "meaning.content_null",
    "meaning.role_repeated",
    "meaning.role_content_null",
    "meaning.finish_repeated",
    "meaning.no_type",
    "meaning.message_instead_of_delta",
    "content.one_delta",
    "content.one_chunk",
    "content.empty_answer",
    "content.max_tokens",
    "content.odd_characters",
    "content.invalid_utf8",
    "content.surrogates_split",
    "content.content_list",
    "content.content_string",
    "content.xml_artefact",
    "content.think_tags",
    "calls.arguments",
    "calls.tool_index",
    "calls.tool_id",
    "calls.first_arguments",
    "calls.tool_type_missing",
    "calls.interleaved",
    "time.stall",
    "time.hold",
    "time.slow",
    "time.jitter",
)


class _FaultTable(Mapping[str, "Fault"]):
    """Every fault by its name. Its file is imported when the fault is first asked for: most runs need none."""

    def __init__(self, places: Sequence[str]) -> None:
        self._places = {place.rpartition(".")[2]: place for place in places}

    def __getitem__(self, name: str) -> "Fault":
        module = import_module(f"{__package__}.{self._places[name]}")
        fault: Fault | None = getattr(module, "FAULT", None)
        assert fault is not None, f"{module.__name__} has no row FAULT"
        assert fault.name == name, f"{module.__name__} has the row of another fault"
        return fault

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


FAULTS: Mapping[str, "Fault"] = _FaultTable(TABLE)
"""Every fault by its name."""
