"""For GitHub Actions: an annotation for each failed case, and the summary of the job."""

from collections.abc import Iterator

from mockserver.exam.grades import RULE, final_grade, grade
from mockserver.exam.reports.terminal import effort, headline
from mockserver.exam.results import ExamRun
from mockserver.gate.reports.text import printable, workflow_data, workflow_property


def lines(run: ExamRun) -> Iterator[str]:
    """Yield an error for each failed case, and for every other reason to fail."""
    for result in run.of("fail"):
        title = workflow_property(f"exam: {result.case.name}")
        found = " ".join([f"{finding.evidence}. Instead: {finding.remedy}" for finding in result.findings])
        yield f"::error title={title}::{workflow_data(printable(found))}"
    errors = [f"{result.case.name}: {printable(result.reason)}" for result in run.of("error")]
    for words in (*([run.stopped] if run.stopped else []), *errors, *run.complaints):
        yield f"::error title=exam::{workflow_data(words)}"


def summary(run: ExamRun) -> str:
    """Return the summary of the job, in Markdown."""
    rows = [
        f"| {theme} | {sum(one.state == 'pass' for one in results)} | {sum(one.state == 'fail' for one in results)} "
        f"| {sum(one.state == 'not applicable' for one in results)} | {grade(results)} |"
        for theme, results in run.themes.items()
    ]
    failed = [
        f"- **{result.case.name}**: {_cell(finding.evidence)}. Instead: {_cell(finding.remedy)}"
        for result in run.of("fail")
        for finding in result.findings
    ]
    return "\n".join(
        [
            f"## Gateway exam: grade {final_grade(run)}",
            "",
            headline(run) + f" ({effort(run)}).",
            "",
            "| theme | passed | failed | not applicable | grade |",
            "|---|---|---|---|---|",
            *rows,
            "",
            *failed,
            *([""] if failed else []),
            RULE,
            "",
        ]
    )


def _cell(text: str) -> str:
    return printable(text).replace("<", "&lt;").replace("|", "\\|")
