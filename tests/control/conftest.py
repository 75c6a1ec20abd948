"""The fixtures of the control API's tests."""

from collections.abc import Iterator

import pytest

from tests.control.support import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    """A steered gateway of a test's own, without a scenario."""
    with serving() as found:
        yield found
