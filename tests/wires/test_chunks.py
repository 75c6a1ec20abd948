"""How a reply is cut into deltas: the pieces always join to the whole again."""

from typing import get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.wires.chunks import ARGUMENT_PIECE, LONGEST_WORD, Chunk, argument_pieces, text_pieces

CHUNKS: tuple[Chunk, ...] = get_args(Chunk)
BLANKS_AND_LETTERS = st.text(st.sampled_from("ab é語🎉\n\t \u00a0\u2028\u3000")) | st.text()


@pytest.mark.parametrize(
    ("text", "chunk", "pieces"),
    [
        ("", "word", []),
        ("", "character", []),
        ("", "whole", []),
        ("Hello there, you!", "word", ["Hello ", "there, ", "you!"]),
        ("  two\n\nlines ", "word", ["  ", "two\n\n", "lines "]),
        ("x" * 35, "word", ["x" * 16, "x" * 16, "x" * 3]),
        ("天気は" * 6, "word", ["天気は天気は天気は天気は天気は天", "気は"]),
        ("a b", "character", ["a", " ", "b"]),
        ("a b", "whole", ["a b"]),
    ],
)
def test_a_text_is_cut_into_words_characters_or_not_at_all(text: str, chunk: Chunk, pieces: list[str]) -> None:
    assert text_pieces(text, chunk) == pieces


@pytest.mark.parametrize("chunk", CHUNKS)
@given(BLANKS_AND_LETTERS)
def test_the_pieces_of_a_text_join_to_the_text(chunk: Chunk, text: str) -> None:
    assert "".join(text_pieces(text, chunk)) == text


@pytest.mark.parametrize("chunk", CHUNKS)
@given(BLANKS_AND_LETTERS)
def test_no_piece_of_a_text_is_empty(chunk: Chunk, text: str) -> None:
    assert "" not in text_pieces(text, chunk)


@given(BLANKS_AND_LETTERS)
def test_a_word_never_grows_without_bound(text: str) -> None:
    assert max([len(piece.rstrip()) for piece in text_pieces(text, "word")], default=0) <= LONGEST_WORD


@pytest.mark.parametrize(
    ("arguments", "chunk", "pieces"),
    [
        ("{}", "word", ["{}"]),
        ('{"city":"Oslo","days":3}', "word", ['{"city":"Osl', 'o","days":3}']),
        ("{}", "character", ["{", "}"]),
        ('{"city":"Oslo"}', "whole", ['{"city":"Oslo"}']),
    ],
)
def test_arguments_are_cut_without_regard_to_json(arguments: str, chunk: Chunk, pieces: list[str]) -> None:
    assert argument_pieces(arguments, chunk) == pieces


@pytest.mark.parametrize("chunk", CHUNKS)
@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**63), 2**63)))
def test_the_pieces_of_arguments_join_to_the_arguments(chunk: Chunk, arguments: dict[str, str | int]) -> None:
    written = orjson.dumps(arguments).decode()
    assert "".join(argument_pieces(written, chunk)) == written


@given(st.dictionaries(st.text(), st.text()))
def test_a_piece_of_arguments_is_short(arguments: dict[str, str]) -> None:
    assert max(len(piece) for piece in argument_pieces(orjson.dumps(arguments).decode(), "word")) <= ARGUMENT_PIECE
