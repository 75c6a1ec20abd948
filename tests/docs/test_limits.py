"""docs/limits.md is true: every value is the code's, and every test exists."""

import ast
import re
from pathlib import Path

import pytest

from mockserver.cli import control_options
from mockserver.control import context, feed, guard, runtime_config, worker
from mockserver.core import json_text
from mockserver.engine import overrides, prompt_cache, request
from mockserver.files import dry_run, yaml_limits
from mockserver.journal import log, redact
from mockserver.server import asgi, uvicorn, workers
from mockserver.server.limits import LIMITS
from mockserver.server.stores import memory, redis

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """Return the cells of every row of the page's tables."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if "| limit |" not in line]


def size(number: int) -> str:
    """Return a number of bytes as the page writes it."""
    return f"{number // 2**20} MiB" if number >= 2**20 else f"{number // 2**10} KiB"


VALUES = [
    size(LIMITS.head),
    f"{LIMITS.head_seconds:g} s",
    f"{LIMITS.body_seconds:g} s",
    f"{LIMITS.write_seconds:g} s",
    f"{LIMITS.idle_seconds:g} s",
    str(LIMITS.pipelined),
    f"{size(LIMITS.linger_bytes)} in {LIMITS.linger_seconds:g} s",
    "none",
    "`ulimit -n`",
    size(request.MAX_BODY),
    f"{json_text.MAX_DEPTH} levels",
    f"{memory.MOST_SESSIONS:,}",
    f"{control_options.MOST_EXCHANGES:,}",
    f"{size(control_options.MOST_BYTES)}; at most {log.FACTOR} times as much memory",
    f"{redact.LONGEST_NAME} characters",
    "1",
    f"{runtime_config.MOST_IN_MEMORY} each",
    f"{prompt_cache.MOST_PREFIXES:,}",
    f"{overrides.MOST_QUEUED} each",
    size(guard.MAX_BODY),
    f"{json_text.MAX_DEPTH} levels",
    size(feed.MOST_UNREAD),
    size(feed.MOST_BEHIND),
    f"{1 / feed.BATCH_INTERVAL:.0f} a second, for all readers together {feed.MOST_SENDS}",
    f"{context.MOST_READS:,}",
    "until the journal drops it",
    f"{worker.MOST_JOBS} at a time",
    f"{size(yaml_limits.MAX_BYTES)}, {yaml_limits.MAX_NODES:,} nodes, {yaml_limits.MAX_DEPTH} levels",
    f"{size(dry_run.MOST_BYTES)} of answers, {dry_run.MOST_EVENTS:,} events",
    f"{redis.TIMEOUT:g} s",
    f"{workers.MOST_FAILED_STARTS} in {workers.WINDOW:g} s",
    f"{uvicorn.GRACE} s",
    "none",
]


def test_every_value_is_the_codes() -> None:
    assert [value for _, value, _, _ in rows()] == VALUES
    assert f"up to {size(asgi.MOST_DISCARDED)} are read" in PAGE
    assert LIMITS.sweep_seconds == 0.5


@pytest.mark.parametrize("test", [row[3] for row in rows()])
def test_every_test_exists(test: str) -> None:
    match = re.fullmatch(r"`(\S+\.py)::(test_\w+)`", test)
    assert match is not None
    module = ast.parse((ROOT / "tests" / match[1]).read_text(encoding="utf-8"))
    assert match[2] in [node.name for node in module.body if isinstance(node, ast.FunctionDef)]


def test_every_limit_of_a_connection_has_its_row() -> None:
    """Check the number of rows: the limits of the time after a refusal share one, and the last two have no field."""
    section = PAGE.partition("## A connection")[2].partition("\n## ")[0]
    assert section.count("\n| ") - 1 == len(LIMITS) - 1 + 2
