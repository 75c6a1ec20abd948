"""`mockserver compare`: its words, its files, its exit codes, and the line of every mistake."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.files import loader
from mockserver.scenarios.recorded import RecordedAnswer, RecordedRequest, says
from tests.support.sockets import serving

SCENARIO = "scenario: weather\nturns:\n  - {reply: Good day.}\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "weather.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("turn", "code", "words"),
    [
        ("reply: Hello!", 0, "turn 1   same"),
        (
            "reply: Hello!, stop: max_tokens",
            1,
            "the scenario says end_turn, the gateway max_tokens",
        ),
        ("error: {status: 503}", 2, "turn 1   not checked: it answered 503"),
    ],
)
def test_it_asks_the_gateway_and_says_where_it_differs(file: str, turn: str, code: int, words: str) -> None:
    with serving(f"  - {{{turn}, times: always}}\n") as upstream:
        result = run(file, "--upstream", upstream.url, "--allow-private")
    assert result.exit_code == code
    assert words in result.stdout


def test_it_writes_its_reports(file: str, tmp_path: Path) -> None:
    with serving("  - {reply: Hello!}\n") as upstream:
        reports = ("--json", str(tmp_path / "drift.json"), "--junit", str(tmp_path / "drift.xml"))
        run(file, "--upstream", upstream.url, "--allow-private", *reports)
    assert '"exit_code": 0' in (tmp_path / "drift.json").read_text(encoding="utf-8")
    assert (tmp_path / "drift.xml").read_text(encoding="utf-8").count("<testcase") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("--upstream", "http://127.0.0.1:9"),
            "has the address 127.0.0.1, which is not public",
        ),
        (("--upstream", "http://169.254.169.254"), "which is not public; allow it with --allow-private"),
        (("--upstream", "http://8.8.8.8"), "the gateway needs a key: set GATEWAY_KEY or give --key"),
    ],
)
def test_a_mistake_is_one_line(file: str, arguments: tuple[str, ...], words: str) -> None:
    result = run(file, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_a_folder_of_several_scenarios_is_refused(file: str, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("scenario: other\nturns:\n  - {reply: Hi}\n", encoding="utf-8")
    result = run(str(tmp_path), "--upstream", "http://127.0.0.1:9", "--allow-private")
    assert (result.exit_code, "name one of its files" in result.stderr) == (2, True)


def test_the_request_of_the_file_beside_a_recording_is_asked(file: str, tmp_path: Path) -> None:
    scenario = Path(file)
    turn = "{when: {text: {regex: ^b}}, reply: Good day.}"
    scenario.write_text(f"scenario: weather\nturns:\n  - {turn}\n", encoding="utf-8")
    said = says(loader.load(scenario).scenario.turns[0])
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "bb"}]}
    request = RecordedRequest(method="POST", path="/v1/messages", body=body)
    line = RecordedAnswer(says=said, operation="messages", request=request, status=200).line
    (tmp_path / "weather.frames.jsonl").write_text(line, encoding="utf-8")
    with serving("  - {when: {text: bb}, reply: Hello!}\n") as upstream:
        assert run(file, "--upstream", upstream.url, "--allow-private").exit_code == 0


def test_a_file_beside_a_recording_that_is_none_is_one_line(file: str, tmp_path: Path) -> None:
    (tmp_path / "weather.frames.jsonl").write_text("odd", encoding="utf-8")
    result = run(file, "--upstream", "http://127.0.0.1:9", "--allow-private")
    assert (result.exit_code, "weather.frames.jsonl: cannot be read: line 1" in result.stderr) == (2, True)
