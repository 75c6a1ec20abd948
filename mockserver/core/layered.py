"""Mappings laid over each other, quick to read: `ChainMap` asks each of them through a generator, for every request."""

from collections import ChainMap
from typing import TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class LayeredMapping(ChainMap[K, V]):
    """A `ChainMap` whose `get` is quick."""

    @overload
    def get(self, key: K, default: None = None) -> V | None: ...
    @overload
    def get(self, key: K, default: V | T) -> V | T: ...
    def get(self, key: K, default: V | T | None = None) -> V | T | None:
        """Return the first mapping's value, of those that have the key."""
        for mapping in self.maps:
            if key in mapping:
                return mapping[key]
        return default
