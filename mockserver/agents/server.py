"""A server of the Model Context Protocol over one running gateway, built with the official SDK (extra `mcp`)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from mockserver import __version__
from mockserver.agents import resources
from mockserver.agents.prompts import PROMPTS
from mockserver.agents.tools import AgentTools
from mockserver.control.client import ControlClient
from mockserver.core.conversation import Json
from mockserver.core.errors import MockserverError, OperatorError

if TYPE_CHECKING:
    from mcp.server import MCPServer

P = ParamSpec("P")
T = TypeVar("T")

INSTRUCTIONS = (
    "A scriptable fake of an LLM gateway. Call describe_server first and point the program under test at its URL. "
    "Write what the model says as a scenario (mockserver://docs/scenarios), lint it, play it, run the program, then "
    "look at list_requests and judge_client. mockserver://skill has the whole workflow."
)

READS = ("describe_", "list_", "lint_", "read_", "explain_", "copy_", "verify_", "judge_")
"""How the names of tools begin that change nothing."""


def require_packages() -> None:
    """Raise `OperatorError`, with the command to run, if the SDK is missing."""
    if find_spec("mcp") is None:
        raise OperatorError("this command needs more packages: pip install 'ainative-mockserver[mcp]'")


def build(client: ControlClient) -> "MCPServer":
    """Return the server with its tools, resources and prompts."""
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
    from mcp.server.mcpserver.prompts import Prompt
    from mcp_types import ToolAnnotations

    server = MCPServer("ainative-mockserver", instructions=INSTRUCTIONS, version=__version__, log_level="ERROR")
    for tool in AgentTools(client).all():
        hints = ToolAnnotations(read_only_hint=tool.__name__.startswith(READS), open_world_hint=False)
        server.add_tool(_as_text(_reporting(tool, ToolError)), annotations=hints, structured_output=False)
    for matter in resources.listed():
        register = server.resource(matter.uri, name=matter.uri, title=matter.title, mime_type=matter.mime_type)
        register(matter.read)
    for template in resources.TEMPLATES:
        register = server.resource(template.uri, title=template.title, mime_type=template.mime_type)
        register(_reporting(template.read, ResourceNotFoundError))
    for prompt in PROMPTS:
        server.add_prompt(Prompt.from_function(prompt))
    return server


def _reporting(function: Callable[P, T], kind: type[Exception]) -> Callable[P, T]:
    """Return the function; what the caller can put right is raised as an error that the protocol carries to him."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except MockserverError as error:
            raise kind(str(error)) from None

    return wrapper


def _as_text(tool: Callable[P, Json]) -> Callable[P, str]:
    """Return the tool; it returns one text, where the SDK would make one of each element of a list."""

    @wraps(tool)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> str:
        result = tool(*args, **kwargs)
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)

    return wrapper


@contextmanager
def own_gateway(host: str, port: int) -> Iterator[str]:
    """Run a gateway in this process for as long as the block lasts; yield the link to its control API."""
    from mockserver.testing.server_thread import server_thread

    with server_thread(virtual=False, host=host, port=port, control=True) as server:
        yield server.page
