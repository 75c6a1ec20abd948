"""Lazy properties: worked out once, described as properties."""

from mockserver.core.lazy import lazy_property


class Sum:
    """A sum that counts how often it is worked out."""

    def __init__(self, *parts: int) -> None:
        self.parts = parts
        self.made = 0

    @lazy_property
    def total(self) -> int:
        """The sum of the parts."""
        self.made += 1
        return sum(self.parts)


def test_a_value_is_worked_out_once() -> None:
    sum_of_three = Sum(1, 2, 3)
    assert [sum_of_three.total, sum_of_three.total] == [6, 6]
    assert sum_of_three.made == 1


def test_each_object_has_a_value_of_its_own() -> None:
    assert (Sum(1).total, Sum(2).total) == (1, 2)


def test_the_class_has_the_property_itself() -> None:
    assert Sum.total.__doc__ == "The sum of the parts."
