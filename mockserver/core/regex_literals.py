"""What a text must contain to match a regular expression, so that an index can pass over most expressions.

Only what is certain counts: the runs of plain ASCII characters at the top level of an expression without alternatives
and flags. Classes, groups, escapes with a meaning and repeated characters end a run; a character that may be absent is
in none. So the part is a lower bound: a text without it cannot match, and one with it need not.
"""

import re
from collections.abc import Iterator

_LONG_ESCAPE = re.compile(r"\\[^\W_dDwWsSbBnrtfvAz]")
"""An escape that takes more than one letter, such as those of a code or a property."""
_OPTIONAL = frozenset("*?{")
_ENDS = frozenset(".^$+)]}")


def required_literal(pattern: str) -> str:
    """Return the longest part that every match of an expression contains; "" if none is certain."""
    if "|" in pattern or "(?" in pattern or _LONG_ESCAPE.search(pattern):
        return ""
    return max(_runs(pattern), key=len, default="")


def _runs(pattern: str) -> Iterator[str]:
    """Yield the runs of characters that every match contains, each without a gap."""
    run, place = "", 0
    while place < len(pattern):
        character = pattern[place]
        literal = ""
        if character in "[(":
            place = _end_of(pattern, place)
        elif character == "\\":
            place += 1
            escaped = pattern[place : place + 1]
            literal = escaped if escaped.isascii() and not escaped.isalnum() else ""
        elif character in _OPTIONAL:
            yield run[:-1]
            run, place = "", pattern.find("}", place) if character == "{" else place
        elif character.isascii() and character not in _ENDS:
            literal = character
        if literal:
            run += literal
        else:
            yield run
            run = ""
        place += 1
    yield run


def _end_of(pattern: str, start: int) -> int:
    """Return the place of the bracket that closes the one at `start`; the last place if none does."""
    place, depth = start, 0
    while place < len(pattern):
        character = pattern[place]
        if character == "\\":
            place += 1
        elif character in "[(":
            depth += 1
        elif character in "])" and pattern[start:place] not in ("[", "[^"):
            depth -= 1
            if not depth:
                return place
        place += 1
    return len(pattern)
