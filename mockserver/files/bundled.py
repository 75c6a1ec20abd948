"""The paths of the shipped files: openapi.yaml, its extensions, the scenario library, the client profiles and the docs.

In a checkout they are at the top of the tree; in an installed wheel they are inside the package, under `shipped`.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_ROOT = _PACKAGE / "shipped" if (_PACKAGE / "shipped").is_dir() else _PACKAGE.parent

OPENAPI = _ROOT / "openapi.yaml"
EXTENSIONS = _ROOT / "extensions"
SCENARIOS = _ROOT / "scenarios"
CLIENT_PROFILES = _ROOT / "client-profiles"
DOCS = _ROOT / "docs"
