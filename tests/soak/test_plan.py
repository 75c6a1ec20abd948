"""The plan of the soak: repeatable, mixed, and answerable."""

from collections import Counter
from itertools import islice

import pytest

from tools.soak.oracle import Oracle
from tools.soak.plan import CLIENTS, KINDS, PATHS, SCENARIO, accounts, keys, plan


def test_a_seed_chooses_the_requests() -> None:
    assert list(islice(plan(1, 2), 50)) == list(islice(plan(1, 2), 50))
    assert list(islice(plan(1, 2), 50)) != list(islice(plan(2, 2), 50))


def test_no_two_clients_share_a_key() -> None:
    every = [key for client in range(CLIENTS) for key in keys(client)]
    assert len(set(every)) == len(every)


def test_every_kind_and_route_is_asked_for() -> None:
    asked = list(islice(plan(0, 0), 2_000))
    assert {request.path for request in asked} == set(PATHS)
    assert {kind for kind in KINDS for request in asked if kind.encode() in request.body} == set(KINDS)


def test_a_client_that_leaves_does_not_pay() -> None:
    leaving = [request for request in islice(plan(0, 0), 2_000) if request.leaves]
    assert leaving
    assert all("sk_free" in request.headers["authorization"] for request in leaving)


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    """Return the engine with the files of the soak."""
    return Oracle(SCENARIO, accounts())


def test_most_requests_are_answered_and_some_refused_broken_off_or_unpaid(oracle: Oracle) -> None:
    answers = [oracle.expect(asked) for asked in islice(plan(0, 0), 3_000)]
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) >= {200, 402, 422, 429, 529}
    assert statuses[200] > 1_000
    assert not all(answer.ends for answer in answers)
