"""Whether the packages of the gate are installed: they are an extra of the distribution."""

from importlib.util import find_spec

from mockserver.core.errors import OperatorError


def require_packages() -> None:
    """Raise `OperatorError`, with the command to run, if a package of the gate is missing."""
    if find_spec("urllib3") is None:
        raise OperatorError("this command needs more packages: pip install 'ainative-mockserver[gate]'")
