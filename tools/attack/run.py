"""One act in a process of its own, with a limit: an act that hangs has failed, and its servers end with it."""

import multiprocessing
import signal
import sys
import time
import traceback
from contextlib import suppress
from queue import Empty
from typing import TypeAlias

from tools.attack.act import Act, Notes

Found: TypeAlias = "multiprocessing.Queue[tuple[list[str], list[str]]]"


def _work(act: Act, seed: int, found: Found) -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # so that its servers end too
    notes = Notes(seed)
    try:
        act.run(notes)
    except (Exception, SystemExit) as error:
        notes.failures.append(f"{type(error).__name__}: {error}".strip())
        traceback.print_exc()
    found.put((notes.figures, notes.failures))


def run(act: Act, seed: int, limit: float) -> list[str]:
    """Run one act in a process of its own; print its line; return its failures."""
    context = multiprocessing.get_context("spawn")
    found: Found = context.Queue()
    process = context.Process(target=_work, args=(act, seed, found))
    start = time.monotonic()
    figures, failures = list[str](), list[str]()
    process.start()
    try:
        figures, failures = found.get(timeout=limit)
    except Empty:
        process.terminate()  # it ends its servers, and says what it has
        with suppress(Empty):
            figures, failures = found.get(timeout=15)
        failures = [f"not at its end after {limit:.0f} s", *failures]
    process.join(5)
    if process.is_alive():
        process.kill()
    seconds = time.monotonic() - start
    print(f"{act.name:<12} {'FAILED' if failures else 'ok':<6} {seconds:5.1f} s  {'; '.join(figures)}", flush=True)
    for failure in failures[:10]:
        print(f"{'':<12} - {failure[:400]}", flush=True)
    return failures
