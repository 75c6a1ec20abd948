"""The shipped contract: openapi.yaml, and the extensions that the operator asks for.

An extension is one document in the folder `extensions`, under the name of its file. It is off unless asked for, because
the gateway's own documents do not know it.
"""

from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from importlib.util import cache_from_source
from os import getpid
from pathlib import Path

import orjson

from mockserver.core.conversation import JsonObject
from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.files import bundled
from mockserver.openapi.contract import Contract


def extension_names() -> list[str]:
    """Return the names of all extensions."""
    return sorted([file.stem for file in bundled.EXTENSIONS.glob("*.yaml")])


def split_names(lists: Iterable[str]) -> list[str]:
    """Return the names in lists with commas, each once and in order."""
    return sorted({name.strip() for names in lists for name in names.split(",")} - {""})


def load_contract(extensions: Iterable[str] = ()) -> Contract:
    """Return the shipped contract with these extensions. Raises `OperatorError` for an unknown one."""
    asked, known = set(extensions), extension_names()
    for name in sorted(asked.difference(known)):
        raise OperatorError(f"no extension is called '{name}'; {did_you_mean(name, known)}")
    documents = {name: _document(bundled.EXTENSIONS / f"{name}.yaml") for name in known}
    return Contract(
        _document(bundled.OPENAPI),
        [documents[name] for name in known if name in asked],
        [documents[name] for name in known if name not in asked],
    )


def _document(file: Path) -> JsonObject:
    """Return a shipped document.

    Parsing YAML of this size takes longer than the rest of the start together. So the parsed document is cached as JSON
    in Python's own cache folder, under a hash of its text.
    """
    source = file.read_bytes()
    name = f"{file.stem}-{blake2b(source, digest_size=8).hexdigest()}.json"
    kept = Path(cache_from_source(__file__)).parent / name
    document: JsonObject
    with suppress(OSError, orjson.JSONDecodeError):
        document = orjson.loads(kept.read_bytes())
        return document
    from mockserver.core import fast_yaml  # only the first start after a change parses

    document = fast_yaml.load(source)
    with suppress(OSError):  # a cache that cannot be written only costs time
        scratch = kept.with_suffix(f".{getpid()}")
        scratch.write_bytes(orjson.dumps(document))
        scratch.replace(kept)
    return document
