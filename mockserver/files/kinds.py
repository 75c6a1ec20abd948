"""The kinds of YAML files that people write, and how a file shows its kind: by the keys at its top.

A kind is one row of the table. `mockserver lint` and `mockserver schema` use it, and every loader uses it to tell an
author that a file is right but in the wrong place, such as a chaos profile under `--scenario`.
"""

from collections.abc import Mapping

import msgspec
from pydantic import BaseModel

from mockserver.accounts.schema import AccountsFile
from mockserver.core.errors import nearest
from mockserver.engine.chaos import Chaos
from mockserver.files.yaml_document import Data
from mockserver.scenarios.schema import Scenario


class FileKind(msgspec.Struct, frozen=True):
    """A kind of file: its name in commands, its title in messages, its model, and the option that takes it."""

    name: str
    title: str
    model: type[BaseModel]
    option: str

    @property
    def keys(self) -> frozenset[str]:
        """The keys at the top of such a file, without `about`, which several kinds have."""
        return frozenset(self.model.model_fields) - {"about"}


KINDS: Mapping[str, FileKind] = {
    kind.name: kind
    for kind in (
        FileKind("scenario", "a scenario", Scenario, "--scenario"),
        FileKind("chaos", "a chaos profile", Chaos, "--chaos"),
        FileKind("accounts", "an accounts file", AccountsFile, "--accounts"),
    )
}


def kind_of(value: Data) -> FileKind | None:
    """Return the kind of a file by its first key that only one kind has, else by a misspelt first key, else None."""
    written = list(value) if isinstance(value, dict) else []
    kinds = {key: kind for kind in KINDS.values() for key in kind.keys}
    known = next((key for key in written if key in kinds), None)
    if known is None and written:
        known = nearest(written[0], kinds)
    return None if known is None else kinds[known]


def misplaced(model: type[BaseModel], value: Data) -> str | None:
    """Return a message if the value is clearly a file of another kind than the model's, else None."""
    expected = next((kind for kind in KINDS.values() if kind.model is model), None)
    if expected is None or not isinstance(value, dict) or not expected.keys.isdisjoint(value):
        return None
    for kind in KINDS.values():
        if not kind.keys.isdisjoint(value):
            return f"this is {kind.title}, not {expected.title}; {kind.option} takes it"
    return None
