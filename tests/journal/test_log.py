"""The journal: what happened, bounded in number and in bytes."""

import pytest

from mockserver.engine.decision import Note
from mockserver.journal.log import OVERHEAD, Exchange, Journal, Outcome

NOTE = Note(session="s")
DONE = Outcome(200, 1, 10, 0.0, "complete")


def enter(journal: Journal, body: bytes = b"", *, path: str = "/", note: Note = NOTE) -> None:
    journal.enter(0.0, "client", "POST", path, body, note, DONE)


def bodies(journal: Journal) -> list[bytes]:
    return [exchange.body for exchange in journal]


def test_an_exchange_is_kept_as_it_was() -> None:
    journal = Journal()
    journal.enter(5.0, "curl", "GET", "/v1/models", b"", NOTE, DONE)
    assert [*journal] == [Exchange(1, 5.0, "curl", "GET", "/v1/models", b"", NOTE, DONE)]


def test_the_oldest_exchange_goes_when_there_are_too_many() -> None:
    journal = Journal(most=2)
    for body in (b"a", b"b", b"c"):
        enter(journal, body)
    assert bodies(journal) == [b"b", b"c"]


def test_numbers_go_on_when_exchanges_have_gone() -> None:
    journal = Journal(most=2)
    for _ in range(5):
        enter(journal)
    assert [exchange.number for exchange in journal] == [4, 5]


@pytest.mark.parametrize(("number", "later"), [(0, [4, 5]), (3, [4, 5]), (4, [5]), (5, []), (9, [])])
def test_exchanges_after_a_number_are_those_that_are_left_of_them(number: int, later: list[int]) -> None:
    journal = Journal(most=2)
    for _ in range(5):
        enter(journal)
    assert [exchange.number for exchange in journal.since(number)] == later


def test_the_oldest_exchanges_go_when_they_are_too_large() -> None:
    journal = Journal(most_bytes=2 * OVERHEAD + 200)
    for body in (b"a" * 60, b"b" * 60, b"c" * 40):
        enter(journal, body)
    assert bodies(journal) == [b"b" * 60, b"c" * 40]


def test_a_journal_that_is_exactly_full_keeps_everything() -> None:
    weight = OVERHEAD + len("client") + len("/") + 10
    journal = Journal(most_bytes=2 * weight)
    for body in (b"a" * 10, b"b" * 10):
        enter(journal, body)
    assert bodies(journal) == [b"a" * 10, b"b" * 10]


def test_room_is_given_back() -> None:
    journal = Journal(most_bytes=2 * OVERHEAD + 200)
    for _ in range(1_000):
        enter(journal, b"x" * 50)
    assert len(journal) == 2


def test_the_largest_body_that_a_journal_holds_is_not_cut() -> None:
    journal = Journal(most_bytes=2 * OVERHEAD)
    body = b"x" * (OVERHEAD - len("client") - len("/"))
    enter(journal, body)
    assert bodies(journal) == [body]


def test_a_body_larger_than_the_journal_is_kept_cut_to_nothing() -> None:
    journal = Journal(most_bytes=2 * OVERHEAD + 200)
    enter(journal, b"small")
    enter(journal, b"x" * 10_000)
    assert bodies(journal) == [b"small", b""]


def test_a_long_path_weighs_too() -> None:
    journal = Journal(most_bytes=100_000)
    for _ in range(100):
        enter(journal, path="/" + "x" * 10_000)
    assert sum(len(exchange.path) for exchange in journal) <= 100_000


def test_the_near_misses_weigh_too() -> None:
    journal = Journal(most_bytes=100_000)
    note = Note(session="s", misses=("x" * 100,) * 100)
    for _ in range(100):
        enter(journal, note=note)
    assert sum(len(miss) for exchange in journal for miss in exchange.note.misses) <= 100_000


def test_listeners_are_told_of_each_exchange() -> None:
    journal, numbers = Journal(most=1), list[int]()
    journal.listeners.append(lambda exchange: numbers.append(exchange.number))
    enter(journal)
    enter(journal)
    assert numbers == [1, 2]
