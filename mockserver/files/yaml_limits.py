"""The bounds of YAML files, one set for each kind of file."""

import msgspec

MAX_BYTES = 1024 * 1024
"""The largest file, in bytes. The largest scenarios that people write have some tens of kilobytes."""
MAX_NODES = 50_000
"""The most values in one file, aliases expanded."""
MAX_DEPTH = 64
"""The deepest nesting: far below the recursion limits of Python, pydantic and orjson."""


class YamlLimits(msgspec.Struct, frozen=True):
    """The bounds of a file.

    Files that programs write may also have plain numbers as keys (`number_keys`: the `200:` of OpenAPI documents) and
    integers beyond 64 bits (`wide_integers`).
    """

    bytes: int = MAX_BYTES
    nodes: int = MAX_NODES
    depth: int = MAX_DEPTH
    number_keys: bool = False
    wide_integers: bool = False


SCENARIO = YamlLimits()
"""The bounds of the files that people write for the mock."""

CONTRACT = YamlLimits(bytes=10 * 1024 * 1024, nodes=1_000_000, depth=128, number_keys=True, wide_integers=True)
"""The bounds of OpenAPI documents, which programs write too. The largest published ones have 10 MiB."""
