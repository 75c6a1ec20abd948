"""Run `mockserver serve` on a free port while a block runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """A running mock: what it printed, its address, and the link to its page."""

    banner: str
    url: str
    link: str


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """Yield the mock that `mockserver serve OPTIONS` runs; the end of the block stops it."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--quiet", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        banner = ""
        try:
            for line in process.stdout:
                banner += line
                if "Ctrl-C" in line:
                    break
            url, link = (re.search(pattern, banner) for pattern in (r"listens on (\S+)", r"(http\S+token=\S+)"))
            assert url, banner
            assert link, banner
            yield Served(banner, url[1], link[1])
        finally:
            process.terminate()
