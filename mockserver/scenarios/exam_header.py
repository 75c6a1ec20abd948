"""The header that makes a scenario a case of the exam: what the gateway does, what right is, why, and how it is judged.

```yaml
exam:
  theme: rate limits
  gateway: Refuses the first request with 429 and `retry-after` of one second.
  right: Wait a second, ask again, and go on with the answer.
  why: The failure is temporary, and earlier tries are refused too.
  source: D1; the official SDKs retry twice
  meets: [rate-limited]
  judge: {rules: [retry-after-ignored, gave-up-early], end: success}
  remedy: Retry a 429 after the wait that `retry-after` names.
```

The gateway itself ignores the header, so `serve --scenario` plays a case like any other file. The names of situations
and rules are checked where the exam reads its cases (`mockserver/exam/cases.py`).
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from mockserver.core.unit_fields import Duration
from mockserver.scenarios.base_model import ScenarioModel
from mockserver.scenarios.text_test import AnyText
from mockserver.wires import WireName

Need: TypeAlias = Literal["stream", "whole", "tools", "tool_loop", "time_limit"]
"""What a client must do for a case to concern it; `time_limit` is known only if the operator says it."""

End: TypeAlias = Literal["success", "honest", "any"]

Sentence = Annotated[str, Field(min_length=1, max_length=600)]


class Judging(ScenarioModel):
    """How a case is judged. Every key is one more thing that a client must do."""

    rules: list[str] = Field(default=[], description="Rules of the verdict that must find nothing.")
    end: End = Field(
        "honest",
        description="success: the client recovers. honest: it recovers or reports a failure, and does not take a "
        "failed answer for a good one. any: not judged.",
    )
    within: Duration = Field(20.0, description="The longest time from the client's first request to its end.")
    requests: int | None = Field(None, ge=1, description="The most requests to a model.")
    output: AnyText | None = Field(None, description="A test of what the client prints.")
    keeps_key: bool = Field(False, description="The client's output must not contain its key.")


class ExamHeader(ScenarioModel):
    """What makes a scenario a case of the exam."""

    theme: str = Field(min_length=1, max_length=40, description="The group of the case in reports.")
    gateway: Sentence = Field(description="What the gateway does.")
    right: Sentence = Field(description="What a good client does.")
    why: Sentence = Field(description="Why that is right.")
    source: Sentence = Field(description="The document, or the behaviour of SDKs, that says so.")
    remedy: Sentence = Field(description="What to change in a client that fails.")
    needs: list[Need] = Field(default=[], description="What a client must do for the case to concern it.")
    wire: WireName | None = Field(None, description="The only dialect that the case concerns.")
    meets: list[str] = Field(
        default=[], description="Situations that the client must have met for the case to be judged."
    )
    judge: Judging = Judging()
