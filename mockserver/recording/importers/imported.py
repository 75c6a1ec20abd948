"""What an importer returns, and what importers share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from mockserver.core.conversation import Json
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.scenario import Turn


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says: exchanges or turns, and the losses, each with its place."""

    exchanges: Sequence[RecordedExchange] = ()
    turns: Sequence[Turn] = ()
    losses: Sequence[str] = ()
    about: str = ""


class ImportFormat(NamedTuple):
    """A format: its name, its title for people, whether a file is of it, and how one is read."""

    name: str
    title: str
    recognises: Callable[[Json], bool]
    read: Callable[[Json], Imported]


class Fields:
    """A mapping of a file, of which every field is used or told as a loss."""

    def __init__(self, value: Json, place: str, losses: list[str]) -> None:
        self._left = dict(value) if isinstance(value, Mapping) else {}
        self._place = place
        self._losses = losses
        if value is not None and not isinstance(value, Mapping):
            self.lose("it is no mapping")

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def take(self, *names: str) -> Json:
        """Return the value of the first of these fields that there is, or None."""
        return next((value for name in names if (value := self._left.pop(name, None)) is not None), None)

    def inner(self, name: str) -> "Fields":
        """Return the mapping in a field; an empty one if there is none."""
        return Fields(self.take(name), f"{self._place}.{name}", self._losses)

    def lose(self, reason: str) -> None:
        """Tell a loss."""
        self._losses.append(f"{self._place}: {reason}")

    def close(self) -> None:
        """Tell what was not used."""
        for name, value in self._left.items():
            if value is not None:
                self._losses.append(f"{self._place}.{name}: a scenario has no such key; left out")


def fixtures_of(value: Json) -> list[Json]:
    """Return the fixtures of a file."""
    found = value.get("fixtures") if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []


def numbered(items: Sequence[Json], what: str, losses: list[str]) -> Iterator[Fields]:
    """Yield the mappings of a list, each with its place."""
    for number, item in enumerate(items, 1):
        yield Fields(item, f"{what} {number}", losses)


def headers_of(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return headers by name in lower case, repeated ones joined."""
    fields: dict[str, str] = {}
    for raw, text in pairs:
        name = raw.lower()
        fields[name] = f"{fields[name]}, {text}" if name in fields else text
    return fields
