"""Where a fault can act on a stream that arrives: from its place on, until it has acted."""

import pytest

from mockserver.core.actions import Data
from mockserver.faults import FAULTS
from mockserver.faults.compile import compile_fault
from mockserver.faults.places import At, EventPlace
from mockserver.faults.reaching import AT_PLACE, EACH_ALIKE, Reach

DELTA, OTHER, COMMENT = Data(b"12345", "content_block_delta"), Data(b"12345", "ping"), Data(b":\n\n", "comment")


@pytest.mark.parametrize(
    ("place", "covered"),
    [
        ({"at": 3}, [False, False, False, True]),
        ({"at": "delta 2"}, [False, False, False, True]),
        ({"at": "ping"}, [False, False, True, True]),
        ({"at": "stop"}, [False, False, True, True]),
        ({"at": "headers"}, [True, True, True, True]),
        ({"at": "end"}, [False, False, False, False]),
        ({"after": 8}, [False, True, True, True]),
    ],
)
def test_a_fault_at_a_place_covers_the_stream_from_there(place: dict[str, int | str], covered: list[bool]) -> None:
    reach = Reach([compile_fault({"close": {**place}}), compile_fault("crlf")])
    assert [reach.covers(event) for event in (DELTA, COMMENT, OTHER, DELTA)] == covered


def test_a_fault_that_has_acted_covers_nothing_more() -> None:
    reach = Reach([compile_fault({"duplicate": 1})])
    assert reach.covers(DELTA)
    reach.leave()
    assert not reach.covers(DELTA)


def test_any_other_fault_covers_everything() -> None:
    reach = Reach([compile_fault("one_chunk")])
    reach.leave()
    assert reach.covers(DELTA)


def test_every_fault_at_a_place_has_one() -> None:
    parameters = [FAULTS[name].parameters for name in AT_PLACE]
    assert all(issubclass(kind, At | EventPlace) for kind in parameters)
    assert not AT_PLACE & EACH_ALIKE
    assert set(FAULTS) > EACH_ALIKE
