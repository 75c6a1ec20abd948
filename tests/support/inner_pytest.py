"""pytest in a process of its own, without the plugins that happen to be installed: loading all takes three seconds."""

import pytest

OURS = "mockserver.testing.plugin"


def run_alone(pytester: pytest.Pytester, *arguments: str, plugins: tuple[str, ...] = (OURS,)) -> pytest.RunResult:
    """Run the files of `pytester` with these plugins alone, and return the result."""
    named = [word for plugin in plugins for word in ("-p", plugin)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *named, *arguments)
