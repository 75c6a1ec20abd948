"""A long character of the text in two deltas, one half of its surrogate pair in each.

Why: models' tokens are bytes, and an emoji can have several. A gateway that sends each token as it comes sends halves,
which only joined make a character.

In a scenario:

    faults: [surrogates_split]
"""

from mockserver.core.actions import Actions
from mockserver.faults.answers import need_stream
from mockserver.faults.deltas import pieces_of, rewrite, split_surrogates, text_of
from mockserver.faults.fault import Context, Fault, Nothing


def surrogates_split(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with its text in two deltas, cut inside its first long character."""
    need_stream(actions)
    return rewrite(actions, pieces_of(actions, text_of, "the answer has no text"), split_surrogates)


FAULT = Fault(
    name="surrogates_split",
    group="content",
    doc=__doc__,
    source="measured: text_surrogate_halves_split",
    apply=surrogates_split,
)
