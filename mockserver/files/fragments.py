"""Wording: words of the scenario language that come alone, as JSON, and are checked as those of files are."""

import re
from collections.abc import Mapping
from typing import TypeVar

import orjson
from pydantic import BaseModel

from mockserver.core.errors import AuthorError
from mockserver.engine.overrides import compile_response
from mockserver.files import loader, yaml_reader
from mockserver.files.dry_run import dry_run
from mockserver.files.yaml_document import YamlDocument
from mockserver.openapi.contract import Contract
from mockserver.scenarios.schema import Turn

M = TypeVar("M", bound=BaseModel)

_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What may stand in JSON as it is, and in YAML as an escape only."""


def written(words: Mapping[str, object]) -> str:
    """The words of a file, as they are kept."""
    return orjson.dumps(words).decode()


def document_of(words: Mapping[str, object], what: str) -> YamlDocument:
    """Words as the document that they would be in a file. Raises TypeError for what is no JSON."""
    text = _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", orjson.dumps(words).decode())
    return yaml_reader.read(text.encode(), what)


def check_words(model: type[M], words: Mapping[str, object], what: str) -> M:
    """What words mean. Raises `AuthorError` with every mistake."""
    return loader.check(model, document_of(words, what))


def check_turn(words: Mapping[str, object], contract: Contract) -> Turn:
    """A turn of an answer. Raises `AuthorError` with every mistake."""
    turn = check_words(Turn, words, "turn")
    _check_meaning(words, contract)
    return turn


def check_faults(words: Mapping[str, object], contract: Contract) -> None:
    """Faults, and perhaps `when`, without an answer of their own. Raises `AuthorError` with every mistake."""
    check_words(Turn, {**words, "reply": ["."]}, "next")
    _check_meaning(words, contract)


def _check_meaning(words: Mapping[str, object], contract: Contract) -> None:
    ready, complaints = compile_response({name: value for name, value in words.items() if name != "times"}, contract)
    if not complaints and ready.is_answer:
        complaints = dry_run(ready.script, contract)
    if complaints:
        document = document_of(words, "next")
        raise AuthorError([document.problem(document.written(path[2:]), told) for path, told in complaints])
