"""The value of a coverage: a union of sets, and a JSON that gives it back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.errors import OperatorError
from mockserver.coverage.value import GatewayCoverage, TurnPlace, from_json

PLACES = st.builds(TurnPlace, st.sampled_from(["a.yaml", "b.py"]), st.integers(1, 3), st.sampled_from(["x", "y"]))
COVERAGES = st.builds(
    GatewayCoverage,
    st.frozensets(st.sampled_from(["whole", "streamed", "closed"])),
    st.frozensets(PLACES),
    st.frozensets(PLACES),
)


@given(COVERAGES, COVERAGES, COVERAGES)
def test_merging_is_a_union(one: GatewayCoverage, two: GatewayCoverage, three: GatewayCoverage) -> None:
    assert one.merge(two) == two.merge(one)
    assert one.merge(two).merge(three) == one.merge(two.merge(three))
    assert one.merge(one) == one.merge(GatewayCoverage()) == one


@given(COVERAGES)
def test_json_gives_a_coverage_back(coverage: GatewayCoverage) -> None:
    assert from_json(coverage.to_json(), "file") == coverage


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "c.json: not a coverage of the gateway .*; choose another file"),
        (b"\xff", "not a coverage of the gateway"),
        (b'{"met": []}', "not a coverage of the gateway .*format"),
        (b'{"format": "0", "met": [], "turns": [], "played": []}', "c.json: of another version .*delete it"),
    ],
)
def test_what_is_no_coverage_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(OperatorError, match=message):
        from_json(text, "c.json")
