"""How many examples a property tries: its own number in `make test`, a tenth of that in `make quick`."""

from hypothesis import settings

USUAL = 100
"""The examples of a property that names no number, under the profile of `make test`."""


def examples(number: int) -> int:
    """Return what a property gives as `max_examples`: the number, scaled to the chosen profile."""
    return max(1, number * settings().max_examples // USUAL)
