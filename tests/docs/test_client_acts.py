"""docs/client-acts.md says what docs/client-acts.json holds, and every client and act is in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.files.client_profiles import client_profiles
from tools.acts.acts import ACTS
from tools.acts.clients import CLIENTS
from tools.acts.pages import MARKS, markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    measured: dict[str, Any] = json.loads((DOCS / "client-acts.json").read_text(encoding="utf-8"))
    return measured


def test_the_page_is_written_from_the_figures(document: dict[str, Any]) -> None:
    assert (DOCS / "client-acts.md").read_text(encoding="utf-8") == markdown(document), "run make acts"


def test_every_client_was_measured_in_every_act(document: dict[str, Any]) -> None:
    assert list(document["clients"]) == [client.name for client in CLIENTS], "run make acts"
    assert document["acts"] == {act.name: act.about for act in ACTS.values()}, "run make acts"
    for client in document["clients"].values():
        assert list(client["outcomes"]) == list(ACTS), "run make acts"
        assert {outcome["mark"] for outcome in client["outcomes"].values()} <= set(MARKS)


def test_every_client_has_the_plain_acts(document: dict[str, Any]) -> None:
    lacking = [
        (name, act)
        for name, client in document["clients"].items()
        for act in ("text", "402")
        if client["outcomes"][act]["mark"] != "ok"
    ]
    assert lacking == []


def test_each_client_of_the_newest_release_has_a_profile_of_the_measured_version(document: dict[str, Any]) -> None:
    profiles = client_profiles()
    for client in CLIENTS:
        if client.profile:
            version = document["clients"][client.name]["version"]
            assert profiles[client.name].client == f"{client.package} {version}", "run make acts"
