"""Faults over an answer that is still arriving, from a real gateway.

A fault is a function on a whole answer, and a stream must not wait for its end. So the faults are laid over what has
come as if the answer ended here, as if one more event like the last one followed, and one of another kind. What these
have in common no later event can change, and it goes out. A fault that needs what is to come (it swaps two events, or
makes one body of the stream) holds back the events that it needs.

So each event costs as much as those before it together, and only where a fault can act (`reaching`). Before the place
of a fault, and behind it, an event passes by itself; a long stream costs what its events cost.
"""

from collections.abc import Sequence
from copy import copy

from mockserver.core.actions import Action, Actions, Close, Data, End, Hang, Head, Reset
from mockserver.faults.order import WaitingFault, apply_faults, apply_waiting
from mockserver.faults.reaching import EACH_ALIKE, Reach

LAST = (End, Close, Reset, Hang)
"""Actions behind which nothing comes."""

NEED_ALL = frozenset({"arguments", "json_for_stream", "max_tokens", "one_delta", "think_tags", "xml_artefact"})
"""Faults that read the whole reply, or the whole call, before they change its first event."""

_MARK = b": more\n"
_UNKNOWN = Data(b'event: more\ndata: {"type":"more"}\n\n', "more")
"""Events that may follow: one like the last, which a comment tells from it, and one of a kind that no fault drops."""


class FaultedAnswer:
    """An answer that arrives piece by piece, with faults over it."""

    def __init__(self, faults: Sequence[WaitingFault]) -> None:
        self._faults = faults
        self._needs_all = any(late.fault.fault.name in NEED_ALL for late in faults)
        self._reach = Reach([late.fault for late in faults])
        self._each = [late for late in faults if late.fault.fault.name in EACH_ALIKE]
        self._arrived: list[Action] = []
        self._sent: list[Action] = []
        self.idle: tuple[str, ...] = ()
        """Why faults without effect had none; known at the end."""

    @property
    def is_over(self) -> bool:
        """Whether nothing of the rest can come out any more."""
        return bool(self._sent) and isinstance(self._sent[-1], LAST)

    def add(self, action: Head | Data) -> Actions:
        """Return what goes out now that this has come."""
        self._arrived.append(action)
        if isinstance(action, Head) or not action.event or self._needs_all:
            return ()  # a body is faulted when it is whole
        if self.is_over:
            return ()
        if not self._reach.covers(action):
            return self._passed(action)
        ended = self._laid(End())
        has_acted = not self.idle
        longer = [self._laid(more, End()) for more in (Data(_MARK + action.payload, action.event), _UNKNOWN)]
        common = 0
        while all(common < len(ended) and ended[common : common + 1] == other[common : common + 1] for other in longer):
            common += 1
        if has_acted and common == len(ended) - 1:
            self._reach.leave()
        return self._rest_of(ended[:common])

    def finish(self, end: Action) -> Actions:
        """Return what goes out now that the answer is at its end."""
        return self._rest_of(self._laid(end))

    def _passed(self, event: Data) -> Actions:
        """Return an event that passes by itself; the first takes the head with it."""
        [head, *_] = self._arrived
        begin, *written = _laid((head, event, End()), self._each)[0][:-1] if self._each else (head, event)
        passed = tuple(written) if self._sent else (begin, *written)
        self._sent += passed
        return passed

    def _rest_of(self, actions: Actions) -> Actions:
        """Return what of these actions has not gone out yet; nothing if they are others than those that have."""
        if self.is_over or actions[: len(self._sent)] != tuple(self._sent):
            return ()
        rest = actions[len(self._sent) :]
        self._sent += rest
        return rest

    def _laid(self, *more: Action) -> Actions:
        """Return what has arrived, and more, under the faults: with the same random numbers each time."""
        actions, self.idle = _laid((*_whole(self._arrived), *more), self._faults)
        return actions


def _laid(actions: Actions, laid: Sequence[WaitingFault]) -> tuple[Actions, tuple[str, ...]]:
    """Return actions under faults, and why those without effect had none."""
    contexts = [late.context._replace(rng=copy(late.context.rng)) for late in laid]
    applied = apply_faults(actions, [late.fault for late in laid], lambda number: contexts[number])
    actions, idle = apply_waiting(applied.actions, applied.waiting)
    return actions, (*applied.idle, *idle)


def _whole(arrived: Sequence[Action]) -> Actions:
    """Return an answer whose body is one piece, as the mock's own answers are."""
    pieces = [action.payload for action in arrived if isinstance(action, Data) and not action.event]
    if len(pieces) < 2:
        return tuple(arrived)
    events = [action for action in arrived if not isinstance(action, Data) or action.event]
    return (*events, Data(b"".join(pieces)))
