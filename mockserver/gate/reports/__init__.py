"""Reports of a run, one file for each format; all are made from the results.

A format that goes to a file is one line in `FORMATS` and one module of this folder with the same name, which has
`render(run) -> bytes`. The line makes the option `--NAME FILE`. The module is imported when it is used, because the
command line reads this table even where the packages of the gate are not installed.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.gate.runner import GateRun


@dataclass(frozen=True)
class ReportFormat:
    """A report that goes to a file."""

    name: str
    help: str

    def render(self, run: "GateRun") -> bytes:
        """Return the report of a run."""
        content: bytes = import_module(f"{__name__}.{self.name}").render(run)
        return content


FORMATS = (
    ReportFormat("json", "Write the whole run to FILE as JSON, for programs."),
    ReportFormat("junit", "Write a JUnit XML report to FILE, for CI."),
    ReportFormat("html", "Write one HTML page to FILE, for people."),
    ReportFormat("pytest", "Write a pytest file to FILE that asks for each broken promise again."),
    ReportFormat("sarif", "Write a SARIF report to FILE, for code scanning."),
)
"""The formats that go to a file. `terminal` and `github` print lines."""
