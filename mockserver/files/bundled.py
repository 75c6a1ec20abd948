"""Where the files are that come with the package: openapi.yaml and the scenario library.

In a checkout they stand at the top of the tree; in an installed wheel they stand inside the package, under `shipped`.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_ROOT = _PACKAGE / "shipped" if (_PACKAGE / "shipped").is_dir() else _PACKAGE.parent

OPENAPI = _ROOT / "openapi.yaml"
SCENARIOS = _ROOT / "scenarios"
