"""The coverage over the control API: what clients have met, and which of the operator's turns were played."""

from pathlib import Path

from tests.control.support import ControlJson, Served, serving

SCENARIO = "scenario: mine\nturns:\n  - error: {status: 402}\n  - reply: second\n"


def met(found: ControlJson) -> set[str]:
    return {one["name"] for group in found["groups"] for one in group["situations"] if one["met"]}


def test_clients_of_a_running_server_have_met_what_the_journal_has(served: Served) -> None:
    assert served.control.put("/scenarios/mine", json={"yaml": SCENARIO}).status_code == 200
    one, other = served.session(scenario="mine"), served.session()
    served.ask(headers={"authorization": f"Bearer {one['key']}"})
    served.ask(headers={"authorization": f"Bearer {other['key']}"}, stream=True)
    found = served.get("/coverage")
    shared = {"messages-operation", "anthropic-wire"}
    assert met(found) == {*shared, "no-credits", "streamed", "end-turn"}
    assert (found["met"], found["exchanges"], found["forgotten"]) == (5, 2, 0)
    assert found["percent"] == round(100 * 5 / found["total"], 2)
    assert [(turn["path"], turn["line"], turn["turn"], turn["played"]) for turn in found["turns"]] == [
        ("mine (in memory)", 3, "mine, turn 1", True),
        ("mine (in memory)", 4, "mine, turn 2", False),
    ]
    assert [one["name"] for one in found["next"]] == ["rate-limited", "ends-early", "broken-arguments"]
    assert met(served.get("/coverage", session=one["id"])) == {*shared, "no-credits"}
    assert met(served.get("/coverage", after=1)) == {*shared, "streamed", "end-turn"}


def test_a_file_that_has_gone_has_no_turns(tmp_path: Path) -> None:
    for name in ("gone", "broken", "kept"):
        (tmp_path / f"{name}.yaml").write_text(SCENARIO.replace("mine", name))
    with serving() as served:
        config = served.controlled.config
        config.reload(config.scenarios, {file.stem: file for file in tmp_path.iterdir()}, None)
        (tmp_path / "gone.yaml").unlink()
        (tmp_path / "broken.yaml").write_text("a: [")
        assert {turn["turn"] for turn in served.get("/coverage")["turns"]} == {"kept, turn 1", "kept, turn 2"}
