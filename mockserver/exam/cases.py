"""The cases: scenarios with an `exam:` header, shipped in scenarios/exam/ or in a folder of yours.

A case is checked like any scenario, and its header too: the situations and the rules that it names must exist.
"""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.files import bundled, loader
from mockserver.files.loader import Loaded
from mockserver.journal.client_rules import RULES
from mockserver.journal.situations import SITUATIONS
from mockserver.scenarios.exam_header import ExamHeader
from mockserver.scenarios.schema import Scenario
from mockserver.scenarios.text_test import compile_text_test

SHIPPED = bundled.SCENARIOS / "exam"

GOOD_DAY = "good-day"
"""The case that shows what the client does; it runs before all others."""


THEMES = (
    "good days",
    "rate limits",
    "credits",
    "keys",
    "server errors",
    "time",
    "broken streams",
    "odd answers",
    "tools",
)
"""The themes of the shipped cases, in the order of reports; those of your own follow."""


class ExamCase(NamedTuple):
    """A case: a scenario, its header, and the file that both are from."""

    name: str
    header: ExamHeader
    scenario: Scenario
    file: Path


def read_cases(folders: Sequence[Path] = (), *, shipped: bool = True) -> list[ExamCase]:
    """Return the shipped cases and those of these folders, the good day first; a folder's case replaces its namesake.

    Raises `AuthorError` with every mistake of every file, and `OperatorError` for a folder without a case.
    """
    cases: dict[str, ExamCase] = {}
    problems: list[Problem] = []
    for folder in ([SHIPPED] if shipped else []) + list(folders):
        files = loader.discover(folder)
        if not files:
            raise OperatorError(f"{folder}: no case (*.yaml) in this folder")
        for file in files:
            try:
                case = read_case(file)
            except AuthorError as error:
                problems += error.problems
            else:
                cases[case.name] = case
    if problems:
        raise AuthorError(problems)
    return sorted(cases.values(), key=_place)


def _place(case: ExamCase) -> tuple[int, str, str]:
    theme = case.header.theme
    return THEMES.index(theme) if theme in THEMES else len(THEMES), theme, case.name


def read_case(file: Path) -> ExamCase:
    """Return the case of a file. Raises `AuthorError` with every mistake of its header."""
    loaded = loader.load(file)
    header = loaded.scenario.exam
    if header is None:
        raise AuthorError([loaded.problem((), "no case: add the header `exam`, or move the file (docs/exam.md)")])
    problems = list(header_problems(loaded, header))
    if problems:
        raise AuthorError(problems)
    return ExamCase(loaded.scenario.scenario, header, loaded.scenario, file)


def header_problems(loaded: Loaded, header: ExamHeader) -> Iterator[Problem]:
    """Yield the names in a header that do not exist, and a test of the output that cannot work."""
    for index, name in enumerate(header.meets):
        if name not in SITUATIONS:
            message = f"no situation is called '{name}'; {did_you_mean(name, SITUATIONS)}"
            yield loaded.problem(("exam", "meets", index), message)
    rules = [rule.name for rule in RULES]
    for index, name in enumerate(header.judge.rules):
        if name not in rules:
            message = f"no rule of the verdict is called '{name}'; {did_you_mean(name, rules)}"
            yield loaded.problem(("exam", "judge", "rules", index), message)
    if header.judge.output is not None:
        try:
            compile_text_test(header.judge.output)
        except ValueError as error:
            yield loaded.problem(("exam", "judge", "output"), str(error))


def lint_headers(files: Sequence[Path]) -> list[Problem]:
    """Return the mistakes in the headers of those files that are cases; the files have no other mistakes."""
    problems: list[Problem] = []
    for file in files:
        document = loader.read_document(file)
        if isinstance(document.value, dict) and "exam" in document.value:
            loaded = loader.scenario_of(document)
            problems += header_problems(loaded, loaded.scenario.exam) if loaded.scenario.exam is not None else []
    return problems


def choose_cases(cases: Sequence[ExamCase], only: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[ExamCase]:
    """Return the cases whose name or theme fits; `*` is a wildcard. Raises `OperatorError` if a pattern fits none."""
    for pattern in (*only, *exclude):
        if not any(_fits(case, pattern) for case in cases):
            known = [*[case.name for case in cases], *[case.header.theme for case in cases]]
            raise OperatorError(f"no case or theme is called '{pattern}'; {did_you_mean(pattern, known)}")
    return [
        case
        for case in cases
        if (not only or any(_fits(case, pattern) for pattern in only))
        and not any(_fits(case, pattern) for pattern in exclude)
    ]


def _fits(case: ExamCase, pattern: str) -> bool:
    return fnmatchcase(case.name, pattern) or fnmatchcase(case.header.theme, pattern)
