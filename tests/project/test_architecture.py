"""ARCHITECTURE.md matches the tree."""

import re

import pytest

from tests.project.source import ROOT
from tests.project.test_layers import LAYERS

TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PATHS = sorted({path for path in re.findall(r"`([\w./-]+)`", TEXT) if "/" in path.strip("/") and path != "/_mock/"})
ROWS = re.findall(r"^\| `([a-z_/]+)/`", TEXT, re.MULTILINE)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_it_names_exists(path: str) -> None:
    roots = (ROOT, ROOT / "mockserver", ROOT / "contracts", *(ROOT / row for row in ROWS))
    assert any((root / path).exists() or (root / f"{path}.py").exists() for root in roots), path


def test_it_lists_every_folder_in_the_order_of_the_layers() -> None:
    folders = [layer.replace("mockserver.contracts", "contracts").replace(".", "/") for layer in LAYERS]
    listed = [row for row in ROWS if row != "tools"]
    assert (
        listed == [folder for folder in folders if "contracts/" not in folder and folder.count("/") < 2][: len(listed)]
    )
    there = {path.parent.name for path in (ROOT / "mockserver").glob("*/__init__.py")} - {"contracts"}
    assert there == {row.removeprefix("mockserver/") for row in listed} - {"contracts"}


def test_it_is_one_page() -> None:
    assert len(TEXT.splitlines()) <= 110
