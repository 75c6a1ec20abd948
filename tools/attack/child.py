"""`mockserver serve` with one thing more: on SIGUSR1 it writes the number of its tasks to the file of ATTACK_TASKS.

Tasks are the one figure of a server that cannot be read from outside the process.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import uvicorn

from mockserver.cli.main import main


def _watch() -> None:
    """Let each server tell its tasks when it is asked."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until there is a loop
    file, startup = Path(os.environ["ATTACK_TASKS"]), uvicorn.Server.startup

    async def begin(self: uvicorn.Server, *arguments: Any, **named: Any) -> None:  # Any: uvicorn's own parameters
        loop = asyncio.get_running_loop()

        def tell() -> None:
            part = file.with_suffix(".part")
            part.write_text(str(len(asyncio.all_tasks(loop))), encoding="ascii")
            part.rename(file)

        loop.add_signal_handler(signal.SIGUSR1, tell)
        await startup(self, *arguments, **named)

    uvicorn.Server.startup = begin  # type: ignore[method-assign]  # the only place where a server's loop is at hand


if __name__ == "__main__":
    _watch()
    sys.argv[0] = "mockserver"
    main()
