"""The `mockserver` command, also as `python -m mockserver`."""

import gc
import sys

from mockserver.files.installation import find_conflict

COLLECT_AFTER = 200_000
"""Objects after which garbage is looked for, instead of 700: imports make many objects and no garbage. A server looks
more often (`uvicorn.COLLECT_AFTER`)."""


def main() -> None:
    """Run the command, unless another distribution has overwritten files of this one."""
    gc.set_threshold(COLLECT_AFTER)
    conflict = find_conflict()
    if conflict is not None:  # pragma: no cover - a test runs it in a copy of the package
        sys.stderr.write(f"Error: {conflict}\n")
        sys.exit(2)
    try:
        from mockserver.cli.main import main as command  # it cannot be imported where files were overwritten

        command()
    except KeyboardInterrupt:  # before the command has begun, or while its output is flushed
        sys.exit(130)


if __name__ == "__main__":  # pragma: no branch - this module is only ever run
    main()
