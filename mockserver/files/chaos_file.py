"""Chaos files: the shipped profiles, and files that the operator chose."""

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import cast

from mockserver.core.errors import AuthorError, OperatorError, did_you_mean
from mockserver.engine.chaos_profile import ChaosProfile
from mockserver.files import bundled, loader
from mockserver.files.shipped import Shipped
from mockserver.files.yaml_document import YamlDocument
from mockserver.openapi.contract import Contract

SHIPPED = bundled.SCENARIOS / "chaos"


def read_profile(file: Path, contract: Contract | None = None) -> ChaosProfile:
    """Return the profile of a file. Raises `AuthorError` with every mistake, `OperatorError` if it cannot be read."""
    return profile_of(loader.read_document(file), contract)


def profile_of(document: YamlDocument, contract: Contract | None = None) -> ChaosProfile:
    """Return the profile of a document. Raises `AuthorError` with every mistake; unknown operations need a contract."""
    from mockserver.engine.chaos import Chaos, compile_chaos

    profile, problems = compile_chaos(loader.check(Chaos, document), contract)
    if problems:
        raise AuthorError([document.problem(document.written(path), message) for path, message in problems])
    return profile


def load_profiles(
    chosen: str | None = None, contract: Contract | None = None
) -> tuple[Mapping[str, ChaosProfile], str | None]:
    """Return the shipped profiles and the chosen one, and the name of the chosen one.

    Raises `OperatorError` for an unknown profile, and `AuthorError` with every mistake of a file.
    """
    shipped = Shipped(SHIPPED, profile_of)
    if chosen is None or chosen in shipped:
        return shipped, chosen
    own = read_profile(file_of(chosen), contract)
    return ChainMap({own.name: own}, cast(MutableMapping[str, ChaosProfile], shipped)), own.name


def file_of(chosen: str) -> Path:
    """Return the file of a shipped profile's name, or of a path. Raises `OperatorError` for an unknown name."""
    shipped = {file.stem: file for file in loader.discover(SHIPPED)}
    path = shipped.get(chosen, Path(chosen))
    if path.suffix not in (".yaml", ".yml") and not path.exists():
        raise OperatorError(f"no chaos profile is called '{chosen}'; {did_you_mean(chosen, shipped)}")
    return path
