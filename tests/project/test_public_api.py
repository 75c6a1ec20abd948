"""The public API is frozen: a change of tests/golden/public-api.txt is a change that users notice."""

import pytest

from tests.conftest import GOLDEN
from tests.project.public_api import sections

REMEDY = (
    "the public API has changed. If you mean it, write a line in CHANGELOG.md (docs/releasing.md says which number "
    "changes), then run: pytest tests/project/test_public_api.py --update-golden"
)


def test_the_public_api_is_as_it_was(request: pytest.FixtureRequest) -> None:
    file, text = GOLDEN / "public-api.txt", "\n".join(sections())
    if request.config.getoption("--update-golden"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, REMEDY
