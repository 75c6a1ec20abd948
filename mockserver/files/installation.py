"""Detects a second distribution that installs a package `mockserver` into the folder of ours.

MockServer's Python client (`mockserver-client` on PyPI) does: in one environment, each overwrites files of the other,
and what is imported is a mixture. `find_conflict` costs one look at the folder unless there is a conflict: at its top,
ours has folders and the two files of `OWN_FILES` only.
"""

import os
from pathlib import Path

OURS = "ainative-mockserver"
PACKAGE = "mockserver"
OWN_FILES = frozenset({"__init__.py", "__main__.py"})
FOLDER = Path(__file__).parents[1]


def find_conflict() -> str | None:
    """Return one line that names the other distribution and what to do, or None."""
    modules = {entry.name for entry in os.scandir(FOLDER) if entry.name.endswith(".py")}
    if modules <= OWN_FILES:
        return None
    from importlib.metadata import packages_distributions  # slow to import and to run, so only where there is a sign

    others = sorted(set(packages_distributions().get(PACKAGE, ())) - {OURS})
    if not others:
        return None
    remedy = f"pip uninstall {' '.join(others)} && pip install --force-reinstall --no-deps {OURS}"
    return (
        f"{' and '.join(others)} and {OURS} both install a Python package '{PACKAGE}' and have overwritten files of "
        f"each other; use one environment for each, or: {remedy}"
    )
