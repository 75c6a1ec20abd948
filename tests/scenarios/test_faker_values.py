"""Faker values: the same for the same seed, on every day and in every process."""

import random
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.scenarios import faker_values

LATER = timedelta(days=4_321)
SEEDS = range(6)


@pytest.fixture(scope="module")
def names() -> list[str]:
    return sorted(name for name in faker_values.names() if faker_values.is_text(name))


def drawn(names: list[str]) -> dict[str, list[str]]:
    return {name: [faker_values.value(name, seed) for seed in SEEDS] for name in names}


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


@pytest.mark.parametrize("name", ["sentence", "city", "name", "word", "email", "ipv4", "random_int", "uuid4"])
def test_a_value_is_seeded(name: str) -> None:
    assert faker_values.value(name, 7) == faker_values.value(name, 7)
    assert len({faker_values.value(name, seed) for seed in range(20)}) > 5


def test_a_value_does_not_depend_on_what_was_drawn_before(names: list[str]) -> None:
    before = drawn(names)
    assert changed(before, drawn(names[::-1])) == []


class _AnyDate(type):
    """A metaclass that also accepts the real date and time classes as instances."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.__mro__[1])


class _LaterDatetime(datetime, metaclass=_AnyDate):
    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # typeshed says Self; faker takes any
        return datetime.now() + LATER

    @classmethod
    def today(cls) -> datetime:  # type: ignore[override]  # typeshed says Self; faker takes any
        return datetime.now() + LATER


class _LaterDate(date, metaclass=_AnyDate):
    @classmethod
    def today(cls) -> date:  # type: ignore[override]  # typeshed says Self; faker takes any
        return date.today() + LATER


def go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Move faker's idea of today by twelve years."""
    for module in [module for name, module in sys.modules.items() if name.startswith("faker.")]:
        for name, now in list(vars(module).items()):
            if now is datetime or now is date:
                monkeypatch.setattr(module, name, _LaterDatetime if now is datetime else _LaterDate)


def test_no_value_depends_on_the_day_or_on_anybody_elses_dice(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = random.getstate()
    try:
        random.seed(1)
        before = drawn(names)
        go_on(monkeypatch)
        random.seed(2)
        assert changed(before, drawn(names)) == []
    finally:
        random.setstate(state)


DATED = ["credit_card_expire", "credit_card_full", "firefox", "passport_full", "user_agent", "passport_gender"]


@pytest.mark.parametrize("name", DATED)
def test_what_has_a_date_inside_or_is_not_seeded_is_refused(name: str) -> None:
    assert not faker_values.is_text(name)


@pytest.mark.parametrize(
    "name", ["date", "date_time", "iso8601", "time", "year", "unix_time", "month_name", "future_date"]
)
def test_a_date_is_refused(name: str) -> None:
    assert not faker_values.is_text(name)
    assert faker_values.is_date(name)


def test_a_name_that_is_no_date_is_not_told_to_be_one() -> None:
    assert [name for name in ("city", "random_int", "sentense", "") if faker_values.is_date(name)] == []


IN_A_PROCESS = """
from mockserver.scenarios import faker_values as fake
for name in sorted(name for name in fake.names() if fake.is_text(name)):
    print(name, *[ascii(fake.value(name, seed)) for seed in range(6)])
"""


def in_a_process(hash_seed: str) -> list[str]:
    """Return the values of every name, from a process with its own hash seed."""
    environment = {"PYTHONHASHSEED": hash_seed, "PATH": ""}
    command = [sys.executable, "-c", IN_A_PROCESS]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.process
def test_no_value_depends_on_the_process() -> None:
    one, other = (in_a_process(seed) for seed in "12")
    assert len(one) > 100
    assert [line.split()[0] for line in one if line not in other] == []


@pytest.mark.parametrize(
    "name", ["", "sentense", "__class__", "_x", "seed_instance", "generator", "Sentence", "pydict", "binary", "image"]
)
def test_a_name_of_nothing_that_gives_text_is_none(name: str) -> None:
    assert not faker_values.is_text(name)


@given(name=st.text(max_size=30))
def test_no_name_raises(name: str) -> None:
    assert faker_values.is_text(name) in (True, False)


def test_every_name_that_is_text_gives_text_for_every_seed(names: list[str]) -> None:
    for name in names:
        for seed in (0, 1, 2**63, 2**64 - 1):
            value = faker_values.value(name, seed)
            assert value != "None"
            assert value == value.encode().decode()
