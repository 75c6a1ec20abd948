"""Patterns in files: regular expressions and globs, always in linear time.

A pattern from a file is matched against what a client sends, so a hostile text must not make it slow. Regular
expressions run on the engine inside jsonschema-rs (Rust's `regex`: linear in the text, no backtracking), which refuses
look-around and back-references. Globs know `*` and `?` and become such expressions.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

import jsonschema_rs

Test: TypeAlias = Callable[[str], bool]


@lru_cache(maxsize=4096)
def regex(pattern: str, ignore_case: bool = False) -> Test:
    """Return a test for a match anywhere in a text. Raises `ValueError` with the remedy for an invalid expression."""
    expression = f"(?i){pattern}" if ignore_case else pattern
    try:
        validator = jsonschema_rs.Draft202012Validator(
            {"pattern": expression}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except jsonschema_rs.ValidationError:
        raise ValueError(
            f"/{pattern}/ is not a regular expression that can be tried in linear time; "
            "close every bracket, and use no look-around and no back-reference"
        ) from None
    return validator.is_valid


def glob(pattern: str) -> Test:
    """Return a test for a whole text, ignoring case: `*` stands for any text, `?` for any character."""
    return any_glob((pattern,))


def any_glob(globs: Iterable[str]) -> Test:
    """Return a test whether a whole text fits one of the globs."""
    return regex(f"(?s)^(?:{'|'.join([_expression(pattern) for pattern in globs])})$", True)


def _expression(pattern: str) -> str:
    wild = {"*": ".*", "?": "."}
    return "".join([wild.get(character) or re.escape(character) for character in pattern])
