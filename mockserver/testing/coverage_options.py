"""The options by which a run of pytest asks for its coverage of the gateway; any of them turns it on."""

import pytest

OPTIONS = ("", "-fail-under", "-append", "-html", "-omit", "-source")
"""The ends of the options' names."""


def is_wanted(config: pytest.Config) -> bool:
    """Return whether an option asks for the coverage of a run that runs tests."""
    return not config.getoption("collectonly") and any(
        config.getoption(f"--gateway-coverage{end}") not in (None, False) for end in OPTIONS
    )


def add_options(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("gateway-coverage", "coverage of the gateway by the clients of the tests")
    group.addoption(
        "--gateway-coverage",
        action="store_true",
        help="Report which documented situations the clients have met, and which turns no test plays.",
    )
    group.addoption(
        "--gateway-coverage-fail-under", type=float, metavar="PERCENT", help="Fail below this share of situations."
    )
    group.addoption(
        "--gateway-coverage-append", metavar="FILE", help="Add to the coverage in FILE, and report both together."
    )
    group.addoption("--gateway-coverage-html", metavar="FILE", help="Write the report to FILE, one page of HTML.")
    group.addoption(
        "--gateway-coverage-omit", action="append", metavar="NAMES", help="Situations or groups that do not count."
    )
    group.addoption(
        "--gateway-coverage-source",
        action="append",
        metavar="PATH",
        help="Folder or file whose scenarios must be played; default: all of the project.",
    )
