"""The package, compiled once for all tests of a process."""

from pathlib import Path

import pytest

from tests.js.project import Project, build, make_project


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the compiled package."""
    return build(tmp_path_factory.mktemp("package"))


@pytest.fixture
def project(tmp_path: Path, package: Path) -> Project:
    """Return a project that uses the package."""
    return make_project(tmp_path, package)
