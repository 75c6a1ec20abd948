"""What outside judges say of the mock, held to tests/golden/judges.json; docs/deviations.md rules on each complaint.

A judge that says something new fails here: mend the mock, or rule on the complaint in the docs, and write the golden
file again with `pytest tests/judges --update-golden`.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import mockserver
from tests.conftest import GOLDEN, Golden
from tests.judges.roster import HERE, JUDGES

FILE = "judges.json"
PAGE = (HERE.parent.parent / "docs" / "deviations.md").read_text(encoding="utf-8")


@pytest.mark.process
def test_every_judge_says_what_is_ruled_on(golden: Golden) -> None:
    gateway = mockserver.start(HERE / "judges.yaml", clock="real", extensions="responses")
    with gateway as mock, ThreadPoolExecutor(os.cpu_count()) as pool:
        opinions = list(pool.map(lambda judge: judge.opinion(mock.url, mock.key), JUDGES))
    said = {judge.name: opinion._asdict() for judge, opinion in zip(JUDGES, opinions, strict=True)}
    golden(FILE, json.dumps(said, indent=1, ensure_ascii=False).encode() + b"\n")


@pytest.mark.parametrize(("judge", "opinion"), json.loads((GOLDEN / FILE).read_text(encoding="utf-8")).items())
def test_the_docs_have_each_score_and_rule_on_each_complaint(judge: str, opinion: dict[str, Any]) -> None:
    assert f"| {judge} | {opinion['score']} |" in PAGE
    assert [words for words in opinion["complaints"] if f"`{words}`" not in PAGE] == []
