"""A plugin of the suite: properties run without coverage.

A property executes the same lines a hundred times, and the tracer of coverage makes each of them twice as slow. What
must be covered is covered by the examples beside it.
"""

import sys
from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Take the tracer off the test's thread while a property of Hypothesis runs."""
    tracer = sys.gettrace() if item.get_closest_marker("hypothesis") is not None else None
    if tracer is None:
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
