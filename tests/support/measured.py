"""A plugin of the suite: which tests `make test` runs without measuring coverage.

Measuring makes Python twice as slow. So `make test` has two runs. The first measures, with a tenth of the examples of
each property. The second has the tests that repeat at length what those of the first reach, and every example.
"""

from pathlib import Path

import pytest

from tests.support.selection import is_left_out

REPEATING = (
    "tests/attack/",
    "tests/browser/",
    "tests/clients/",
    "tests/control/test_copied_tests.py",
    "tests/control/test_turn_words.py",
    "tests/docs/test_site.py",
    "tests/docs/test_testing.py",
    "tests/files/test_dry_run.py",
    "tests/gate/test_suite.py",
    "tests/gate/test_three_ways.py",
    "tests/js/",
    "tests/judges/",
    "tests/packaging/",
    "tests/project/",
)
"""The tests that drive browsers, SDKs, other languages and package managers, or read the sources; and many cases."""


SECOND_RUN = "repeats or hypothesis"
"""What `-m` says in the second run."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no module of the first run in the second, nor one of the second in the first."""
    is_seconds = config.option.markexpr == SECOND_RUN and collection_path.match("tests/**/test_*.py")
    is_only_firsts = is_seconds and not _has_repeating_tests(collection_path, config.rootpath)
    return is_only_firsts or is_left_out(collection_path, config, "repeats", REPEATING) or None


def _has_repeating_tests(module: Path, root: Path) -> bool:
    """Return whether a module is one of those above, or has properties."""
    return module.relative_to(root).as_posix().startswith(REPEATING) or "hypothesis" in module.read_text("utf-8")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that only the second run has."""
    for item in items:
        if item.nodeid.startswith(REPEATING):
            item.add_marker(pytest.mark.repeats)
