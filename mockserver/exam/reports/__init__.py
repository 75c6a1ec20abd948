"""Reports of an exam, one file for each format; all are made from the run.

A format that goes to a file is one line in `FORMATS` and one module of this folder with the same name, which has
`render(run) -> bytes`. The line makes the option `--NAME FILE`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mockserver.exam.results import ExamRun


class ExamFormat(NamedTuple):
    """A report that goes to a file."""

    name: str
    help: str

    def render(self, run: "ExamRun") -> bytes:
        """Return the report of a run."""
        content: bytes = import_module(f"{__name__}.{self.name}").render(run)
        return content


FORMATS = (
    ExamFormat("json", "Write the whole exam to FILE as JSON, for programs."),
    ExamFormat("junit", "Write a JUnit XML report to FILE, for CI."),
    ExamFormat("html", "Write one HTML page to FILE, for people, with a drawn timeline for each case."),
    ExamFormat("badge", "Write the grade to FILE as an SVG badge."),
)
"""The formats that go to a file. `terminal` and `github` print lines."""
