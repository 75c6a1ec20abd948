"""`mockserver serve` with a larger journal: `python -m benchmarks.large_journal COUNT serve …`."""

import sys

from mockserver.cli import serve
from mockserver.cli.main import main

MEGABYTES = "4096"
"""The size of the journal: so large that only the number of exchanges bounds it."""

if __name__ == "__main__":
    serve.MOST_EXCHANGES = int(sys.argv.pop(1))  # type: ignore[attr-defined]  # a name of its imports
    sys.argv += ["--journal-size", MEGABYTES]
    main()
