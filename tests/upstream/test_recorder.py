"""The recorder: what is in its files, and that they are private, whole, and never hold a secret."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from mockserver.core.errors import OperatorError
from mockserver.recording.exchange import Frame, RecordedExchange
from mockserver.recording.scenario import Recording
from mockserver.upstream.recorder import MARK, Recorder, check, check_again, file_name, write_private


def compose(exchanges: Sequence[RecordedExchange], name: str, before: Recording) -> Recording:
    """Return the name and the paths, in place of a scenario."""
    if any(b"secret" in exchange.body for exchange in exchanges):
        raise OperatorError("a secret is left")
    return Recording(f"{name}: {' '.join(exchange.path for exchange in exchanges)}\n", f"{len(exchanges)}\n")


def exchanged(path: str = "/a", *, method: str = "POST", body: bytes = b"", **headers: str) -> RecordedExchange:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return RecordedExchange(method=method, path=path, body=body, headers=fields, status=200)


def text_of(path: Path) -> str:
    """Return a recording without its first line."""
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    assert first == MARK
    return rest


def test_a_file_takes_the_exchanges_of_every_client(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    recorder = Recorder(file, compose)
    added = [recorder.add(exchanged("/a", x_api_key="sk_one")), recorder.add(exchanged("/b", x_api_key="sk_two"))]
    [written] = recorder.close()
    assert (added, text_of(file)) == (["", ""], "one: /a /b\n")
    assert (written.path, written.exchanges, written.trouble) == (file, 2, "")


def test_a_folder_takes_one_file_a_session(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, compose)
    recorder.add(exchanged("/a", x_mock_session="test-login"))
    recorder.add(exchanged("/b", authorization="Bearer sk_one"))
    recorder.add(exchanged("/c", x_api_key="sk_one"))
    recorder.add(exchanged("/d"))
    names = [file.path.name for file in recorder.close()]
    assert names[0] == "test-login.yaml"
    assert names[1].startswith("key-")
    assert names[2] == "anonymous.yaml"
    assert [text_of(tmp_path / name).partition(": ")[2] for name in names] == ["/a\n", "/b /c\n", "/d\n"]
    assert not any("sk_one" in name for name in names)


def test_only_the_owner_may_read_a_file(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    recorder = Recorder(file, compose)
    recorder.add(exchanged())
    recorder.close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"one.yaml": 0o600, "one.frames.jsonl": 0o600}


def test_a_file_is_there_before_the_recorder_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    recorder = Recorder(file, compose)
    recorder.add(exchanged())
    recorder._writer.submit(lambda: None).result()  # what was queued before it is done
    assert text_of(file) == "one: /a\n"
    recorder.close()


def test_a_secret_is_not_written_and_what_was_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    recorder = Recorder(file, compose)
    recorder.add(exchanged("/a"))
    recorder._writer.submit(lambda: None).result()
    recorder.add(exchanged("/b", body=b"secret"))
    [written] = recorder.close()
    assert (text_of(file), written.trouble) == ("one: /a\n", "a secret is left")
    assert sorted(os.listdir(tmp_path)) == ["one.frames.jsonl", "one.yaml"]


def test_a_bug_costs_the_file_and_is_told(tmp_path: Path) -> None:
    def fail(exchanges: Sequence[RecordedExchange], name: str, before: Recording) -> Recording:
        raise ZeroDivisionError("no")

    recorder = Recorder(tmp_path / "one.yaml", fail)
    recorder.add(exchanged())
    [written] = recorder.close()
    assert written.trouble == "could not be composed (ZeroDivisionError: no); this is a bug of the mock"


def test_a_folder_that_has_gone_is_told(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "gone" / "one.yaml", compose)
    recorder.add(exchanged())
    [written] = recorder.close()
    assert written.trouble == "cannot be written: No such file or directory"


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        (exchanged("/api/v1/auth/login"), "a login"),
        (exchanged(method="OPTIONS"), "a preflight"),
    ],
)
def test_some_exchanges_are_not_recorded(tmp_path: Path, exchange: RecordedExchange, reason: str) -> None:
    recorder = Recorder(tmp_path, compose)
    assert recorder.add(exchange) == reason
    assert recorder.close() == []


def test_a_recording_has_a_bound(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "one.yaml", compose, most_bytes=10)
    long = RecordedExchange(method="POST", path="/b", frames=(Frame(0.0, b"12345678"),))
    assert [recorder.add(exchanged("/a", body=b"123")), recorder.add(long)] == ["", "the recording is full"]
    recorder.close()
    assert text_of(tmp_path / "one.yaml") == "one: /a\n"


# What may be written to


def test_a_recording_is_replaced_and_any_other_file_is_not(tmp_path: Path) -> None:
    mine, recorded = tmp_path / "mine.yaml", tmp_path / "recorded.yaml"
    mine.write_text("scenario: mine\n", encoding="utf-8")
    write_private(recorded, f"{MARK}\nscenario: old\n")
    check(recorded)
    with pytest.raises(OperatorError, match=r"mine\.yaml exists and is not a recording; choose another name"):
        check(mine)
    recorder = Recorder(tmp_path, compose)
    recorder.add(exchanged(x_mock_session="mine"))
    [written] = recorder.close()
    assert "exists and is not a recording" in written.trouble
    assert mine.read_text(encoding="utf-8") == "scenario: mine\n"


def test_each_write_gets_the_recording_that_was_there_at_first(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    write_private(file, f"{MARK}\nolder\n")
    given: list[str] = []

    def compose(exchanges: Sequence[RecordedExchange], name: str, before: Recording) -> Recording:
        given.append(before.scenario)
        return Recording(f"{len(exchanges)}\n", "")

    recorder = Recorder(file, compose)
    for path in ("/a", "/b"):
        recorder.add(exchanged(path))
        recorder._writer.submit(lambda: None).result()
    recorder.close()
    assert (given, text_of(file)) == (["older\n", "older\n"], "2\n")


def test_the_folder_is_made(tmp_path: Path) -> None:
    check(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()


def test_a_file_of_another_kind_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(OperatorError, match=r"neither a folder nor the name of a \.yaml file"):
        check(tmp_path / "notes.txt")


def test_a_folder_inside_a_file_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    with pytest.raises(OperatorError, match="cannot be made: "):
        check(tmp_path / "notes" / "one.yaml")


def test_a_folder_that_cannot_be_written_to_is_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OperatorError, match="cannot be written to"):
        check(tmp_path)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(number: int) -> None:
        raise OSError("the disk is full")

    file = tmp_path / "one.yaml"
    write_private(file, "old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="the disk is full"):
        write_private(file, "new")
    assert (file.read_text(encoding="utf-8"), os.listdir(tmp_path)) == ("old", ["one.yaml"])


@pytest.mark.parametrize("name", ["../../etc/passwd", "A b", "a.b", "", "ä", "x" * 100])
def test_any_name_of_a_session_gives_a_safe_name_of_its_own(name: str) -> None:
    safe = file_name(name)
    assert safe.replace("-", "").isalnum()
    assert safe.isascii()
    assert (len(safe) < 80, safe != file_name(name + "?")) == (True, True)


def test_a_safe_name_stays() -> None:
    assert file_name("test-login-2") == "test-login-2"


def test_a_recording_to_compare_with_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    for out in (file, tmp_path):
        with pytest.raises(OperatorError, match="has no recording to compare with; record without --again first"):
            check_again(out)
    recorder = Recorder(file, compose)
    recorder.add(exchanged())
    recorder.close()
    check_again(file)
    check_again(tmp_path)
    (tmp_path / "one.frames.jsonl").unlink()
    with pytest.raises(OperatorError, match="no recording to compare with"):
        check_again(file)
