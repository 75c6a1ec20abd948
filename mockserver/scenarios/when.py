"""The condition of a turn: the table of the keys of `when`, and the compiler.

The table is the class `When`: one line for each key, in the order in which differences are listed. The type of a
field and its behaviour stand in the key's own file in `matchers/`.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator
from pydantic.fields import FieldInfo

from mockserver.scenarios.base_model import ScenarioModel
from mockserver.scenarios.matcher import Branch, Matcher, WhenKey
from mockserver.scenarios.matchers.all import ALL
from mockserver.scenarios.matchers.any import ANY
from mockserver.scenarios.matchers.assistant_turns import AssistantTurns
from mockserver.scenarios.matchers.beta import BetaGlobs
from mockserver.scenarios.matchers.body import BodyValues
from mockserver.scenarios.matchers.body_schema import BodySchema
from mockserver.scenarios.matchers.cache import CacheOutcome
from mockserver.scenarios.matchers.headers import HeaderTests
from mockserver.scenarios.matchers.images import ImageCount
from mockserver.scenarios.matchers.key import ApiKey
from mockserver.scenarios.matchers.last import LastMessage
from mockserver.scenarios.matchers.method import HttpMethod
from mockserver.scenarios.matchers.model import ModelGlobs
from mockserver.scenarios.matchers.not_ import NOT
from mockserver.scenarios.matchers.operation import OperationNames
from mockserver.scenarios.matchers.path import PathGlob
from mockserver.scenarios.matchers.response_format import AnswerForm
from mockserver.scenarios.matchers.state import StateName
from mockserver.scenarios.matchers.stream import StreamFlag
from mockserver.scenarios.matchers.system import SystemText
from mockserver.scenarios.matchers.text import LastUserText
from mockserver.scenarios.matchers.thinking import ThinkingFlag
from mockserver.scenarios.matchers.tool_choice import ToolChoiceName
from mockserver.scenarios.matchers.tool_result import LastToolResult
from mockserver.scenarios.matchers.tools import ToolNames
from mockserver.scenarios.matchers.wire import WireKey


class When(ScenarioModel):
    """A condition on a request. Every key that is set must match; without keys it matches every request."""

    operation: OperationNames = None
    path: PathGlob = None
    method: HttpMethod = None
    wire: WireKey = None
    state: StateName = None
    model: ModelGlobs = None
    stream: StreamFlag = None
    thinking: ThinkingFlag = None
    last: LastMessage = None
    assistant_turns: AssistantTurns = None
    text: LastUserText = None
    images: ImageCount = None
    system: SystemText = None
    tools: ToolNames = None
    tool_choice: ToolChoiceName = None
    tool_result: LastToolResult = None
    response_format: AnswerForm = None
    cache: CacheOutcome = None
    beta: BetaGlobs = None
    headers: HeaderTests = None
    key: ApiKey = None
    body: BodyValues = None
    body_schema: BodySchema = None
    # These hold conditions themselves, so their types can only be written here.
    all: Annotated["list[When] | None", Field(min_length=1, description="Every one of these must match."), ALL] = None
    any: Annotated["list[When] | None", Field(min_length=1, description="At least one must match."), ANY] = None
    not_: Annotated["When | None", Field(alias="not", description="This must not match."), NOT] = None

    @model_validator(mode="before")
    @classmethod
    def _rejects_keys_without_value(cls, data: object) -> object:
        """Reject `text:` with nothing after it: the author wrote a rule, and it would be ignored."""
        blank = sorted(key for key, value in data.items() if value is None) if isinstance(data, dict) else []
        if blank:
            raise ValueError(f"{', '.join(blank)} has no value; write one, or remove the key")
        return data


def _when_key(name: str, field: FieldInfo) -> WhenKey:
    keys = [item for item in field.metadata if isinstance(item, WhenKey)]
    if len(keys) != 1:
        raise TypeError(f"When.{name} needs one WhenKey in its Annotated type; see matchers/last.py")
    return keys[0]


MATCHERS: Mapping[str, WhenKey] = {name: _when_key(name, field) for name, field in When.model_fields.items()}
"""The field of `When` -> its matcher, in the order of the class."""


NESTED = ("all", "any", "not_")
"""The keys whose values are conditions themselves."""


def compile_when(when: When) -> tuple[Matcher, ...]:
    """Return the matchers of a condition. Raises `ValueError`, with the remedy, for a value that can never work."""
    chosen = when.model_fields_set
    matchers: list[Matcher] = []
    for name, key in MATCHERS.items():
        if name in chosen:
            value = getattr(when, name)
            matchers.append(key.compile(_branches(value) if name in NESTED else value))
    return tuple(matchers)


def _branches(value: When | list[When]) -> Branch | list[Branch]:
    """Return the conditions of a nested key, compiled."""
    return [_branch(when) for when in value] if isinstance(value, list) else _branch(value)


def _branch(when: When) -> Branch:
    return Branch(tuple(sorted(name.rstrip("_") for name in when.model_fields_set)), compile_when(when))
