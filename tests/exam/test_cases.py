"""The cases: the shipped ones are complete, and a mistake in a case is reported at its place."""

from pathlib import Path

import pytest

from mockserver.core.errors import AuthorError, OperatorError
from mockserver.exam.cases import GOOD_DAY, THEMES, ExamCase, choose_cases, lint_headers, read_case, read_cases
from mockserver.files.contract import load_contract
from mockserver.files.library import read_script

CASES = read_cases()
GOOD = """\
scenario: {name}
exam:
  {{theme: ours, gateway: Fails., right: Wait., why: It helps., source: D1, remedy: Retry., {more}}}
turns: [{{reply: Hi}}]
"""


def write(folder: Path, name: str, more: str = "judge: {end: any}") -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(GOOD.format(name=name, more=more), encoding="utf-8")
    return file


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_shipped_case_is_a_good_scenario_with_a_theme(case: ExamCase) -> None:
    assert case.file.stem == case.name
    assert case.header.theme in THEMES
    read_script(case.file, load_contract())


def test_the_good_day_comes_first_and_the_themes_in_their_order() -> None:
    assert CASES[0].name == GOOD_DAY
    assert list(dict.fromkeys([case.header.theme for case in CASES])) == list(THEMES)


def test_cases_of_your_own_are_added_and_replace_their_namesakes(tmp_path: Path) -> None:
    write(tmp_path, "no-credits")
    write(tmp_path, "our-case")
    cases = {case.name: case for case in read_cases([tmp_path])}
    assert len(cases) == len(CASES) + 1
    assert cases["no-credits"].file.parent == cases["our-case"].file.parent == tmp_path
    assert list(cases)[-2:] == ["no-credits", "our-case"]


MISTAKES = {
    "meets: [no-credit]": "3:99: exam.meets[0]: no situation is called 'no-credit'; did you mean 'no-credits'?",
    "judge: {rules: [key-leek]}": "exam.judge.rules[0]: no rule of the verdict is called 'key-leek'; did you mean",
    "judge: {output: {regex: '(('}}": "exam.judge.output: ",
    "judge: {end: succes}": "exam.judge.end: ",
    "need: [stream]": "unknown key 'need'; did you mean 'needs'?",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_header_is_reported_at_its_place(tmp_path: Path, mistake: str) -> None:
    file = write(tmp_path, "our-case", mistake)
    with pytest.raises(AuthorError) as caught:
        read_cases([tmp_path])
    [problem] = caught.value.problems
    assert problem.file == str(file)
    assert MISTAKES[mistake].removeprefix("3:99: ") in str(problem)


def test_lint_reports_the_names_in_headers(tmp_path: Path) -> None:
    wrong, right = write(tmp_path, "wrong", "meets: [no-credit]"), write(tmp_path, "right")
    plain = tmp_path / "plain.yaml"
    plain.write_text("scenario: plain\nturns: [{reply: Hi}]\n", encoding="utf-8")
    assert [problem.path for problem in lint_headers([wrong, right, plain])] == ["exam.meets[0]"]


def test_a_scenario_without_the_header_is_no_case(tmp_path: Path) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text("scenario: plain\nturns: [{reply: Hi}]\n", encoding="utf-8")
    with pytest.raises(AuthorError, match="no case: add the header"):
        read_case(file)


def test_a_folder_without_cases_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no case"):
        read_cases([tmp_path])


def test_cases_are_chosen_by_name_and_theme() -> None:
    names = [case.name for case in choose_cases(CASES, ["credits", "rate-*"], ["*-for-ever"])]
    assert {"no-credits", "rate-limited-once"} <= set(names)
    assert "rate-limited-for-ever" not in names


def test_a_pattern_that_fits_nothing_is_a_mistake() -> None:
    with pytest.raises(OperatorError, match="did you mean 'credits'"):
        choose_cases(CASES, ["credit"])
