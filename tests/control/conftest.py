"""Fixtures of the control API's tests."""

from collections.abc import Iterator

import pytest

from tests.control.support import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    """Yield a gateway with its control API, without a scenario."""
    with serving() as served:
        yield served
