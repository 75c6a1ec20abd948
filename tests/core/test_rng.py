"""Derived randomness: the same parts give the same rolls, on every machine and for ever."""

from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.rng import NumberedDraws, NumberedTokens, Rng, digest, draw, token

PARTS = st.lists(st.text() | st.integers(), min_size=1, max_size=4)

# The published first numbers of SplitMix64 from the state 0 (Steele, Lea, Flood; Vigna's splitmix64.c).
SPLITMIX64 = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC, 0x1B39896A51A8749B]


def test_the_generator_is_splitmix64() -> None:
    dice = Rng()
    dice._state = 0
    assert [dice.roll() for _ in SPLITMIX64] == SPLITMIX64


def test_a_digest_is_the_same_in_every_process() -> None:
    assert digest("seed", 1) == 16250187273721535782


def test_a_token_is_the_same_in_every_process() -> None:
    assert token("seed", 1) == "e8287d3cf11e66fef30552"


def test_a_part_is_compared_by_its_text() -> None:
    assert digest(1, 2.5) == digest("1", "2.5")


def test_the_order_of_the_parts_matters() -> None:
    assert digest("a", "b") != digest("b", "a")


def test_the_border_between_parts_matters() -> None:
    assert digest("ab", "c") != digest("a", "bc")


def test_half_a_surrogate_pair_can_be_a_part() -> None:
    assert digest("\ud800") != digest("\udfff")


def test_a_token_is_as_long_as_asked_for() -> None:
    assert [len(token("a", length=length)) for length in (1, 12, 13, 24, 128)] == [1, 12, 13, 24, 128]


@given(PARTS)
def test_a_token_has_hexadecimal_digits_only(parts: list[str | int]) -> None:
    assert set(token(*parts)) <= set("0123456789abcdef")


def test_other_parts_make_another_token() -> None:
    assert len({token("a", number) for number in range(1_000)}) == 1_000


@given(PARTS)
def test_the_same_parts_roll_the_same(parts: list[str | int]) -> None:
    assert Rng(*parts).roll() == Rng(*parts).roll()


@given(st.text(), st.integers(1, 10_000))
def test_a_number_below_a_limit_is_below_it(part: str, limit: int) -> None:
    assert 0 <= Rng(part).below(limit) < limit


@given(st.text())
def test_a_unit_is_from_zero_up_to_and_without_one(part: str) -> None:
    assert 0 <= Rng(part).unit() < 1


@given(st.text(), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_number_between_two_is_between_them(part: str, low: float, width: float) -> None:
    assert low <= Rng(part).between(low, low + width) <= low + width


def test_every_item_can_be_chosen() -> None:
    dice = Rng("choice")
    assert {dice.choice("abc") for _ in range(50)} == set("abc")


def test_normal_numbers_lie_around_their_mean() -> None:
    dice = Rng("normal")
    rolls = [dice.normal(10.0, 2.0) for _ in range(4000)]
    mean = sum(rolls) / len(rolls)
    deviation = (sum((roll - mean) ** 2 for roll in rolls) / len(rolls)) ** 0.5
    assert (round(mean, 1), round(deviation, 1)) == (10.0, 2.0)


@given(PARTS, PARTS, st.integers(0))
def test_a_numbered_token_is_the_token_of_all_its_parts(
    before: list[str | int], after: list[str | int], number: int
) -> None:
    assert NumberedTokens(tuple(before), tuple(after)).of(number) == token(*before, number, *after)
    assert NumberedTokens(tuple(before)).of(number) == token(*before, number)


@given(PARTS, st.integers(0))
def test_a_numbered_draw_is_the_draw_of_all_its_parts(before: list[str | int], number: int) -> None:
    assert NumberedDraws(*before).of(number) == draw(*before, number)
