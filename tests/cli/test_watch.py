"""`serve --watch`: a change takes effect at once; a broken file leaves the previous version in use, and says why."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from mockserver.cli import watch
from mockserver.cli.control_options import installer
from mockserver.core.errors import OperatorError
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.library import load_library
from mockserver.server.asgi import Gateway
from tests.support.asgi import Client, body, scope
from tests.support.asgi import serve as answered
from tests.support.engine import HELLO, MESSAGES, contract

FIRST = "scenario: mine\nturns: [{reply: first, times: always}]\n"
SECOND = "scenario: mine\nabout: It.\nturns: [{reply: second}, {reply: third, times: always}]\n"
BROKEN = "scenario: mine\nturns: [{repply: x}]\n"
KEPT = "Not reloaded; the previous version stays in use."


def say(app: Gateway) -> str:
    sent = orjson.dumps({"model": "m", "max_tokens": 9, "messages": HELLO})
    client = answered(app, scope(path=MESSAGES, headers={"x-api-key": "sk_test"}), Client(body(sent)))
    return str(orjson.loads(b"".join(client.bodies))["content"][0]["text"])


def playing(path: Path) -> Gateway:
    """Return a gateway that plays what is at the path."""
    library = load_library(contract(), str(path))
    return Gateway(Engine(contract(), library.scripts, EngineSettings(scenario=library.playing)))


def reloaded(app: Gateway, path: Path) -> str:
    """Return what is printed after a save."""
    return watch.reload(installer(app), contract(), str(path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(FIRST)
    return path


def test_a_saved_file_is_live(file: Path) -> None:
    app = playing(file)
    file.write_text(SECOND)
    assert reloaded(app, file) == "Reloaded. Playing 'mine': It."
    assert [say(app) for _ in range(3)] == ["second", "third", "third"]


def test_the_scenarios_of_a_folder_are_named_since_none_plays_by_itself(file: Path) -> None:
    for name in "abcdef":
        file.with_name(f"{name}.yaml").write_text(FIRST.replace("mine", name))
    said = watch.describe(load_library(contract(), str(file.parent)))
    assert said.startswith("7 scenarios of your own, none of which plays by itself: ")
    assert said.endswith("its API key, sk_mock_<name>, chooses one: a, b, c, d, e, …")


def test_a_session_begins_anew_with_a_changed_file_and_goes_on_with_an_unchanged_one(file: Path) -> None:
    file.write_text(SECOND)
    app, seen = playing(file), list[str]()
    for text in (SECOND, "# A comment.\n" + SECOND, SECOND.replace("third", "last")):
        seen.append(say(app))
        file.write_text(text)
        reloaded(app, file)
    assert [*seen, say(app), say(app)] == ["second", "third", "third", "second", "last"]


def test_a_broken_save_keeps_what_played_and_says_why(file: Path) -> None:
    app = playing(file)
    file.write_text(BROKEN)
    assert reloaded(app, file) == f"{file}:2:10: turns[0].repply: unknown key 'repply'; did you mean 'reply'?\n{KEPT}"
    assert say(app) == "first"


BAD_SAVES: list[Callable[[Path], object]] = [
    lambda file: file.write_text(BROKEN),
    lambda file: file.write_text("turns: ["),
    lambda file: file.write_bytes(b"\xff\xfe\x00"),
    lambda file: file.write_text(""),
    lambda file: file.write_text("scenario: mine\nturns: [{reply: '{{nothing}}'}]\n"),
    lambda file: file.write_text("scenario: mine\nturns: [{reply: x, times: always}, {reply: y}]\n"),
    lambda file: file.unlink(),
]


@pytest.mark.parametrize("save", BAD_SAVES)
def test_after_any_bad_save_the_next_good_one_is_live(save: Callable[[Path], object], file: Path) -> None:
    app = playing(file)
    save(file)
    assert reloaded(app, file).endswith(f"\n{KEPT}")
    assert say(app) == "first"
    file.write_text(SECOND)
    assert reloaded(app, file).startswith("Reloaded.")
    assert say(app) == "second"


def test_a_bug_of_ours_keeps_what_played_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("text")

    app = playing(file)
    monkeypatch.setattr("mockserver.files.library.load_library", broken)
    assert reloaded(app, file) == f"{file}: KeyError: 'text'\n{KEPT}"
    assert say(app) == "first"


def test_a_file_that_comes_into_a_folder_is_live(file: Path) -> None:
    app = playing(file.parent)
    (file.parent / "other.yaml").write_text("scenario: other\nturns: [{reply: hi}]\n")
    reloaded(app, file.parent)
    assert {"mine", "other", "greeting"} <= set(app.engine.scripts)


def test_a_file_that_leaves_a_folder_is_gone(file: Path) -> None:
    other = file.parent / "other.yaml"
    other.write_text("scenario: other\nturns: [{reply: hi}]\n")
    app = playing(file.parent)
    other.unlink()
    reloaded(app, file.parent)
    assert "other" not in app.engine.scripts
    assert "mine" in app.engine.scripts


# What is watched


@pytest.mark.parametrize("chosen", [None, "greeting", "none.yaml"])
def test_only_a_file_or_a_folder_can_be_watched(chosen: str | None) -> None:
    app = Gateway(Engine(contract(), {}, EngineSettings()))
    with pytest.raises(OperatorError, match="--watch needs a file or a folder: serve --scenario FILE --watch"):
        watch.watch(installer(app), contract(), chosen, print)


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(OperatorError, match=r"pip install 'ainative-mockserver\[watch\]'"):
        watch.watch(installer(playing(file)), contract(), str(file), print)


class AtOnce:
    """A thread that runs when it is started, so that the test goes on when every change has been seen."""

    def __init__(self, target: Callable[[], None], name: str, daemon: bool) -> None:
        self.start = target


@pytest.mark.parametrize("choice", ["mine.yaml", "."])
def test_a_file_is_watched_by_its_folder_since_editors_put_a_new_file_in_its_place(
    choice: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders: list[object] = []

    def changes(*paths: object, **how: object) -> Iterator[set[object]]:
        folders.extend(paths)
        for text in (SECOND, BROKEN, FIRST):
            file.write_text(text)
            yield set()

    monkeypatch.setattr("watchfiles.watch", changes)
    monkeypatch.setattr(threading, "Thread", AtOnce)
    app = playing(file)
    watch.watch(installer(app), contract(), str(file.parent / choice), print)
    assert (folders, say(app)) == ([file.parent], "first")
    printed = capsys.readouterr().out
    assert (printed.count("Reloaded."), printed.count(KEPT)) == (2, 1)


@pytest.mark.parametrize(
    ("choice", "changed", "is_watched"),
    [
        ("mine.yaml", "mine.yaml", True),
        ("mine.yaml", "other.yaml", False),
        ("mine.yaml", "mine.yaml~", False),
        ("link.yaml", "mine.yaml", True),
        (".", "other.yaml", True),
        (".", "other.yml", True),
        (".", ".mine.yaml.swp", False),
    ],
)
def test_only_changes_of_what_was_chosen_count(choice: str, changed: str, is_watched: bool, file: Path) -> None:
    (file.parent / "link.yaml").symlink_to(file)
    assert watch.is_watched(file.parent / choice, file.parent / changed) is is_watched
