"""`--only NAME` sends what that promise needs, and no more."""

import pytest

from mockserver.contracts.promises import PROMISES
from mockserver.contracts.suite import CHECKS, PROBES, PROVOKED_BY, probe_cases
from tests.gate.support import reference_gateway, run

MOST = {"auth-missing": 12, "wrong-method": 10, "chat-done": 45, "error-type": 25, "latency": 45, "usage-counts": 70}


@pytest.mark.parametrize("profile", ["smoke", "paid", "full"])
def test_every_promise_has_a_probe_that_provokes_it(profile: str) -> None:
    in_profile = {name for case in probe_cases(profile) for name in case.promises} | set(CHECKS)
    unprovoked = [name for name in PROMISES if name in in_profile and not probe_cases(profile, [name])]
    assert unprovoked == []


def test_the_table_names_probes_promises_and_groups() -> None:
    assert {name for names in PROVOKED_BY.values() for name in names} <= {case.name for case in PROBES}
    assert set(PROVOKED_BY) <= set(PROMISES) | {promise.group for promise in PROMISES.values()}


@pytest.mark.parametrize("name", MOST)
def test_a_chosen_promise_is_examined_with_few_requests(name: str) -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, only=(name,), sleep=sleep)
    assert done.results.entries[name].state == "kept"
    assert done.spent.requests <= MOST[name]
