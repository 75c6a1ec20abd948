"""The limit of open files: it is reported once, with the remedy."""

import asyncio
import errno
import logging

import pytest

from mockserver.server.descriptors import DescriptorWatch, soft_limit


def test_one_of_the_last_descriptors_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    watch = DescriptorWatch(64)
    watch.check(59, 40)
    assert caplog.messages == []
    for descriptor in (60, 63):
        watch.check(descriptor, descriptor - 18)
    assert caplog.messages == [
        "42 connections are open, and this process may have only 64 open files (ulimit -n): further connections are "
        "refused until some close. To raise the limit, start with: ulimit -n 4096"
    ]


def test_a_larger_limit_has_a_larger_remedy(caplog: pytest.LogCaptureFixture) -> None:
    DescriptorWatch(4096).report(4000)
    assert caplog.messages[0].endswith("ulimit -n 16384")


def test_what_asyncio_says_of_it_is_that_line_and_nothing_else_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    loop, watch = asyncio.new_event_loop(), DescriptorWatch(64)
    for _ in range(2):
        watch.handle(loop, {"message": "socket.accept()", "exception": OSError(errno.EMFILE, "Too many")}, 50)
    watch.handle(loop, {"message": "something else"}, 50)
    loop.close()
    assert [(record.name, record.levelno) for record in caplog.records] == [
        ("mockserver", logging.WARNING),
        ("asyncio", logging.ERROR),
    ]


def test_the_limit_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 200))
    assert soft_limit() == 100
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert soft_limit() is None
    DescriptorWatch(None).check(10**6, 1)
    monkeypatch.setitem(__import__("sys").modules, "resource", None)
    assert soft_limit() is None
