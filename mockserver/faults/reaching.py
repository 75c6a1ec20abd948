"""When a fault can begin to act on a stream that arrives, so that nothing is computed before and after.

Rules:

- A fault at a place changes nothing before the place, and nothing behind it once it has acted.
- A fault that writes each event in another way treats it alike whatever stands around it.
- Any other fault can act anywhere. A test over the whole table holds both lists to what they say.
"""

from collections.abc import Sequence

from mockserver.core.actions import Data
from mockserver.faults.answers import is_event
from mockserver.faults.compiled import CompiledFault
from mockserver.faults.places import DELTA, STOP, At, Break, EventPlace, is_of_kind, kind_and_number

AT_PLACE = frozenset(
    {
        *("close", "cut", "duplicate", "empty_data", "error_event", "hang", "hold", "large_event", "malformed_chunk"),
        *("malformed_json", "no_choices", "pings", "plain_data", "reset", "stall", "swap", "truncated_json"),
    }
)
"""Faults that act at one place."""

EACH_ALIKE = frozenset({"comment_inside", "cr", "crlf", "crlf_split", "multi_line_data", "no_event_line", "no_space"})
"""Faults that write each event in another way."""


class PlaceWatch:
    """Watches a stream for the place of a fault, event by event."""

    def __init__(self, place: At | EventPlace) -> None:
        self._after = place.after if isinstance(place, Break) else None
        self._at = place.at
        self._kind, self._left = ("", place.at) if isinstance(place.at, int) else kind_and_number(place.at)
        self._bytes = 0
        self._had_delta = False

    def reached(self, event: Data) -> bool:
        """Return whether the fault can act now that this event has come."""
        self._bytes += len(event.payload)
        if self._after is not None:
            return self._bytes >= self._after
        if self._at == "headers":
            return True
        if not is_event(event):
            return False
        if self._at == STOP:
            is_delta = is_of_kind(event, DELTA)
            self._had_delta = self._had_delta or is_delta
            return self._had_delta and not is_delta
        self._left -= not self._kind or is_of_kind(event, self._kind)
        return self._left < 1


class Reach:
    """Which events of a stream pass several faults without regard to those around them."""

    def __init__(self, faults: Sequence[CompiledFault]) -> None:
        self._others_act = any(fault.fault.name not in AT_PLACE | EACH_ALIKE for fault in faults)
        places = [fault.parameters for fault in faults if fault.fault.name in AT_PLACE]
        self._watches = [PlaceWatch(place) for place in places if isinstance(place, At | EventPlace)]
        self._is_reached = self._is_past = False

    def covers(self, event: Data) -> bool:
        """Return whether faults at a place, or anywhere, can act now that this event has come."""
        if not self._is_reached:
            self._is_reached = any(watch.reached(event) for watch in self._watches)
        return self._others_act or (self._is_reached and not self._is_past)

    def leave(self) -> None:
        """Note that all faults at a place have acted."""
        self._is_past = True
