"""Everything that a fault needs: a fault that lacks something fails here, with the command that makes it.

docs/extending/fault.md is the guide.
"""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from mockserver.core.actions import Actions
from mockserver.faults import FAULTS, GROUPS, Context, pages
from mockserver.faults.fault import Fault, Nothing
from mockserver.faults.table import TABLE
from mockserver.files.kinds import KINDS
from tools.schemas import schema_file

ROOT = Path(__file__).resolve().parents[2]
FAULTS_FOLDER = ROOT / "mockserver" / "faults"


def unlisted(folder: Path) -> list[str]:
    """Return what is to be done for each file with a fault that is not in the table."""
    files = [path for path in sorted(folder.glob("*/*.py")) if re.search(r"(?m)^FAULT = ", path.read_text("utf-8"))]
    places = [f"{path.parent.name}.{path.stem}" for path in files]
    return [f'{place} is not in the table: add "{place}" to TABLE' for place in places if place not in TABLE]


def gaps(fault: Fault) -> list[str]:
    """Return what a fault lacks, each with what makes it."""
    return [sentence for check in (_file_gaps, _docstring_gaps, _generated_gaps) for sentence in check(fault)]


def _file_gaps(fault: Fault) -> list[str]:
    place = f"{fault.group}.{fault.name}"
    if place not in TABLE:
        return [f"its row says {place}, which is not in TABLE: name the folder after the group and the file after it"]
    return []


def _docstring_gaps(fault: Fault) -> list[str]:
    paragraphs = (fault.doc or "").split("\n\n")
    sentences = []
    if not re.fullmatch(r".+\.", paragraphs[0], re.DOTALL):
        sentences.append("its file's docstring does not begin with a sentence that says what the fault does")
    if not fault.why.endswith("."):
        sentences.append('its file\'s docstring has no paragraph "Why: …" that says who meets it')
    if f"\n\nIn a scenario:\n\n    {pages.example(fault)}" not in (fault.doc or ""):
        sentences.append(f'its file\'s docstring has no "In a scenario:" with the line "    {pages.example(fault)}"')
    if not fault.source:
        sentences.append("it has no source: the document or the measured cases behind it")
    for name, _, about in pages.parameters(fault):
        if not about:
            sentences.append(f"its parameter {name} has no description")
    return sentences


def _generated_gaps(fault: Fault) -> list[str]:
    sentences = []
    if not (ROOT / "tests" / "golden" / "faults" / f"{fault.name}.txt").is_file():
        sentences.append("it has no golden file: pytest tests/faults --update-golden")
    if f"\n### {fault.name}\n" not in (ROOT / "docs" / "faults.md").read_text("utf-8"):
        sentences.append("it has no section in docs/faults.md: mockserver faults --markdown > docs/faults.md")
    if any(f'"{fault.name}"' not in schema_file(KINDS[kind]).read_text("utf-8") for kind in ("scenario", "chaos")):
        sentences.append("editors do not know it: python -m tools.schemas")
    if fault.name not in _measured() and any(form.endswith("stream") for form in _forms(fault)):
        sentences.append("no real client was run against it: make matrix")
    return sentences


def _forms(fault: Fault) -> list[str]:
    return pages.acts_on(fault) if fault.name in FAULTS else [form.title for form in pages.forms()]


def _measured() -> set[str]:
    """Return the names of the faults that docs/clients.json has a case for."""
    cases = json.loads((ROOT / "docs" / "clients.json").read_text("utf-8"))["cases"]
    faults = [fault for case in cases.values() for fault in yaml.safe_load(case["faults"])]
    names = [fault if isinstance(fault, str) else next(iter(fault)) for fault in faults]
    return {*names, *[fault["quirk"] for fault in faults if isinstance(fault, dict) and "quirk" in fault]}


def test_every_file_with_a_fault_is_in_the_table() -> None:
    assert not (missing := unlisted(FAULTS_FOLDER)), "\n".join(missing)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_lacks_nothing(name: str) -> None:
    assert not (missing := gaps(FAULTS[name])), "\n".join([f"the fault {name}:", *missing])


@pytest.mark.parametrize("name", FAULTS)
def test_an_example_acts_on_some_form_of_an_answer(name: str) -> None:
    assert pages.acts_on(FAULTS[name]) != [], "the example has no effect on any form: choose another"


def test_the_table_names_a_folder_and_a_file_in_each_line() -> None:
    assert [place for place in TABLE if place.partition(".")[0] not in GROUPS] == []
    assert len(set(TABLE)) == len(TABLE) == len(FAULTS)


def test_every_golden_file_has_its_fault() -> None:
    folder = ROOT / "tests" / "golden" / "faults"
    left = sorted({path.stem for path in folder.glob("*.txt")} - set(FAULTS))
    assert left == [], "delete what an earlier name has left in tests/golden/faults"


# --- the checks themselves --------------------------------------------------------------------------------------------


def trial(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer as it is."""
    return actions


def test_a_file_without_a_line_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    folder.mkdir()
    shutil.copy(FAULTS_FOLDER / "content" / "one_delta.py", folder / "trial.py")
    (folder / "helper.py").write_text("VALUE = 1\n")
    assert unlisted(tmp_path) == ['content.trial is not in the table: add "content.trial" to TABLE']


def test_everything_that_a_fault_lacks_is_named_with_what_makes_it() -> None:
    bare = Fault(name="trial", group="content", doc="Nothing goes wrong", source="", apply=trial)
    assert gaps(bare) == [
        "its row says content.trial, which is not in TABLE: name the folder after the group and the file after it",
        "its file's docstring does not begin with a sentence that says what the fault does",
        'its file\'s docstring has no paragraph "Why: …" that says who meets it',
        'its file\'s docstring has no "In a scenario:" with the line "    faults: [trial]"',
        "it has no source: the document or the measured cases behind it",
        "it has no golden file: pytest tests/faults --update-golden",
        "it has no section in docs/faults.md: mockserver faults --markdown > docs/faults.md",
        "editors do not know it: python -m tools.schemas",
        "no real client was run against it: make matrix",
    ]
