"""`mockserver serve` with a larger journal: `python -m benchmarks.large_journal COUNT serve …`."""

import sys

from mockserver.cli import serve
from mockserver.cli.main import main

BYTES_EACH = 4 * 1024
"""Bytes of the journal for each exchange, more than a small one takes."""

if __name__ == "__main__":
    count = int(sys.argv.pop(1))
    serve.MOST_EXCHANGES, serve.MOST_BYTES = count, count * BYTES_EACH  # type: ignore[attr-defined]  # names of its imports
    main()
