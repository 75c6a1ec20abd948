"""Log probabilities of the tokens of an answer (`logprobs`, `top_logprobs`).

There is no model, so they are made up: each token of a text is four characters long, as tokens are counted, and its
probability derives from itself and its place. The same answer has the same ones again. The alternatives are less
probable than the token that was chosen, and each is another token.
"""

from mockserver.core.conversation import CHARACTERS_PER_TOKEN
from mockserver.core.rng import Rng
from mockserver.wires.wire import Object

ALTERNATIVES = (
    *(" the", " a", " of", " to", " and", " in", " is", " it", " for", " on"),
    *(" with", " as", " by", " at", " or", " an", " be", " this", " that", " not"),
)
"""Tokens that could have been chosen instead; as many as a client may ask for, and more than it gets."""


def logprobs(text: str, alternatives: int, field: str = "content") -> Object:
    """Return the log probabilities of a text, each with this many alternatives, the token itself included."""
    pieces = [text[start : start + CHARACTERS_PER_TOKEN] for start in range(0, len(text), CHARACTERS_PER_TOKEN)]
    entries = [_entry(piece, number, alternatives) for number, piece in enumerate(pieces)]
    return {"content": None, "refusal": None, field: entries}


def _entry(piece: str, number: int, alternatives: int) -> Object:
    rng = Rng("logprobs", number, piece)
    chosen = _token(piece, rng.between(-1.0, -0.001))
    top = [chosen]
    for other in [other for other in ALTERNATIVES if other != piece][: max(0, alternatives - 1)]:
        top.append(_token(other, top[-1]["logprob"] - rng.between(0.1, 1.0)))
    return {**chosen, "top_logprobs": top[:alternatives]}


def _token(piece: str, logprob: float) -> Object:
    return {"token": piece, "logprob": round(logprob, 6), "bytes": list(piece.encode("utf-8", "surrogatepass"))}
