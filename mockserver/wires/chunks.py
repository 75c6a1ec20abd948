"""Chunks: how a reply is cut into deltas. The pieces of a text join to the text again.

A delta carries a word with the spaces behind it, roughly like a real model's tokens; text without spaces (CJK, a long
URL) is cut every `LONGEST_WORD` characters, so that no delta grows without bound. Tool arguments are cut at any
character, as real gateways do: clients must join them before they parse.
"""

import re
from typing import Literal, TypeAlias

Chunk: TypeAlias = Literal["word", "character", "whole"]

LONGEST_WORD = 16
ARGUMENT_PIECE = 12

_WORDS = re.compile(rf"\S{{1,{LONGEST_WORD}}}\s*|\s+")


def text_pieces(text: str, chunk: Chunk) -> list[str]:
    """Return the deltas of a text block; none for an empty text."""
    if chunk == "word":
        return _WORDS.findall(text)
    if chunk == "character":
        return list(text)
    return [text] if text else []


def argument_pieces(arguments: str, chunk: Chunk) -> list[str]:
    """Return the deltas of a tool call's arguments, which are JSON and never empty."""
    if chunk == "whole":
        return [arguments]
    step = 1 if chunk == "character" else ARGUMENT_PIECE
    return [arguments[start : start + step] for start in range(0, len(arguments), step)]
