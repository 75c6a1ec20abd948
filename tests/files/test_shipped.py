"""The files of a shipped folder become values when they are first asked for."""

from pathlib import Path

import pytest

from mockserver.files.shipped import Shipped
from mockserver.files.yaml_document import YamlDocument


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"value: {name}\n")
    return tmp_path


def test_a_value_is_made_once_and_only_when_it_is_needed(folder: Path) -> None:
    made: list[object] = []

    def make(document: YamlDocument) -> object:
        made.append(document.value)
        return document.value

    shipped = Shipped(folder, make)
    assert (list(shipped), len(shipped), "a" in shipped, made) == (["a", "b"], 2, True, [])
    assert shipped["a"] is shipped["a"]
    assert made == [{"value": "a"}]


def test_a_file_that_goes_away_is_still_there(folder: Path) -> None:
    shipped = Shipped(folder, lambda document: document.value)
    (folder / "a.yaml").unlink()
    assert shipped["a"] == {"value": "a"}


def test_an_unknown_name_is_no_value(folder: Path) -> None:
    shipped = Shipped(folder, lambda document: document.value)
    assert "c" not in shipped
    with pytest.raises(KeyError):
        shipped["c"]
