"""The tools: each method is one, its docstring is what the model reads, and it calls the control API.

The SDK parses a string as JSON where a parameter may be more than a string, so a text of YAML is a required parameter.
A tool raises `OperatorError` for what the agent can put right; server.py turns it into a tool's error. A tool that has
nothing to return says in a sentence what is so now.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, TypeAlias
from urllib.parse import quote

from pydantic import Field, JsonValue

from mockserver.control.client import RESPONSE_TIMEOUT, ControlClient
from mockserver.core.conversation import Json
from mockserver.core.errors import OperatorError, did_you_mean

Words: TypeAlias = dict[str, JsonValue]

SessionId = Annotated[str | None, Field(description="Only this session, by its id; all sessions if omitted.")]
Yaml = Annotated[str, Field(description="The text of a scenario file; see mockserver://docs/scenarios.")]
When = Annotated[Words | None, Field(description="Conditions on requests, as `when` in a scenario.")]
Times = Annotated[int | Literal["always"], Field(description="For how many matching requests.")]
Number = Annotated[int, Field(description="The number of a request, from list_requests.")]

SUMMARY = (
    *("number", "session", "method", "path", "stream", "said", "status"),
    *("scenario", "turn", "code", "gave", "trouble", "faults"),
)
"""What list_requests returns of a request; read_request returns all of it."""


class AgentTools:
    """The tools over one running gateway."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def describe_server(self) -> Json:
        """Return the mock's URLs, a key that works, and what plays now.

        Point the program under test at `url` (Anthropic SDKs) or `openai_url` (OpenAI SDKs). No real gateway is called.
        """
        about = self._client.get("/about")
        names = ("version", "url", "openai_url", "key", "session")
        return {**{name: about[name] for name in names}, "plays": self._client.get("/defaults")}

    def list_scenarios(self) -> Json:
        """List the scenarios that can be played by name, with what each is about."""
        return self._client.send("GET", "/scenarios")

    def lint_scenario(self, yaml: Yaml) -> Json:
        """Check the text of a scenario without playing it: every mistake with line, column and remedy."""
        linted = self._client.send("POST", "/lint", {"yaml": yaml})
        return {name: linted[name] for name in ("name", "problems")}

    def play_scenario(
        self,
        name: Annotated[str, Field(description="A scenario by name, or `none` for default answers.")],
        session: SessionId = None,
    ) -> Json:
        """Play a scenario of list_scenarios from its first turn."""
        path = "/defaults" if session is None else f"/sessions/{quote(session)}"
        self._client.send("PATCH", path, {"scenario": name})
        self._start_again(session)
        return f"'{name}' plays from its first turn, for {_whom(session)}."

    def play_new_scenario(self, yaml: Yaml, session: SessionId = None) -> Json:
        """Keep a scenario of your own in memory, under its name, and play it from its first turn."""
        linted = self.lint_scenario(yaml)
        if linted["problems"]:
            raise OperatorError("\n".join([_mistake(problem) for problem in linted["problems"]]))
        self._client.send("PUT", f"/scenarios/{quote(linted['name'])}", {"yaml": yaml})
        return self.play_scenario(linted["name"], session)

    def set_next_answer(
        self,
        turn: Annotated[Words, Field(description="A turn as in a scenario: {reply: …} or {error: {status: 429}}.")],
        times: Times = 1,
        session: SessionId = None,
    ) -> Json:
        """Answer the next matching requests with this turn, whatever the scenario says; then it goes on."""
        return self._queue({"turn": turn}, times, session)

    def list_faults(
        self, name: Annotated[str | None, Field(description="One fault, with its parameters.")] = None
    ) -> Json:
        """List what can go wrong on the wire by group, or describe one fault with its parameters and an example."""
        faults = self._client.send("GET", "/faults")
        if name is None:
            return [{key: fault[key] for key in ("name", "group", "about")} for fault in faults]
        matching = [fault for fault in faults if fault["name"] == name]
        if not matching:
            raise OperatorError(
                f"no fault is named '{name}'; {did_you_mean(name, [fault['name'] for fault in faults])}"
            )
        return matching[0]

    def set_faults(
        self,
        faults: Annotated[list[JsonValue], Field(description="As in a turn: ['crlf', {'reset': {'at': 5}}].")],
        when: When = None,
        times: Times = 1,
        session: SessionId = None,
    ) -> Json:
        """Break the next matching answers: the scenario answers, and these faults change what goes over the wire."""
        return self._queue({"faults": faults} | ({} if when is None else {"when": when}), times, session)

    def list_requests(
        self,
        session: SessionId = None,
        after: Annotated[int, Field(description="Only requests with a higher number.", ge=0)] = 0,
        limit: Annotated[int, Field(ge=1, le=200)] = 20,
    ) -> Json:
        """List the last requests that the program sent, oldest first, with what answered each."""
        listed = self._client.get("/exchanges", session=session, after=after, limit=limit)
        return [{key: exchange[key] for key in SUMMARY} for exchange in listed["exchanges"]]

    def read_request(self, number: Number) -> Json:
        """Return one request completely: headers, body, the answer event by event, why the turns did not match."""
        return self._client.get(f"/exchanges/{number}")

    def explain_request(
        self,
        number: Annotated[int | None, Field(description="A request that came, by its number.")] = None,
        request: Annotated[str | Words | None, Field(description="Or a JSON body, or a curl command.")] = None,
        scenario: Annotated[str | None, Field(description="A scenario by name; default: the one that played.")] = None,
        yaml: Annotated[str | None, Field(description="Or the text of a scenario.")] = None,
    ) -> Json:
        """Say which turn of a scenario answers a request as the first of a session, and why the others do not."""
        if (number is None) == (request is None):
            raise OperatorError("pass either number (from list_requests) or request")
        body: Words = {"request": request if isinstance(request, str) else json.dumps(request)}
        if number is not None:
            exchange = self._client.get(f"/exchanges/{number}")
            scenario = scenario or (None if yaml else str(exchange["scenario"] or ""))
            body = {"request": self._client.text(f"/exchanges/{number}/body"), "path": str(exchange["path"])}
        if not scenario and not yaml:
            raise OperatorError("no scenario played; pass scenario (list_scenarios has the names) or yaml")
        explained = self._client.send(
            "POST", "/explain", {**body, **({"yaml": yaml} if yaml else {"scenario": scenario})}
        )
        return "\n".join(explained["lines"])

    def copy_request(self, number: Number, kind: Literal["curl", "scenario", "pytest"]) -> Json:
        """Return a request as a curl command, as a scenario that gives the same answer, or as a test."""
        return self._client.get(f"/exchanges/{number}/copy/{kind}")["text"]

    def verify_requests(
        self,
        when: When = None,
        times: Annotated[int | None, Field(description="How many; at least one if omitted.", ge=0)] = None,
        order: Annotated[list[Words] | None, Field(description="Or several conditions, in this order.")] = None,
        within: Annotated[float | None, Field(description="Seconds to wait for them.", ge=0, le=60)] = None,
        after: Annotated[int, Field(description="Only requests with a higher number.", ge=0)] = 0,
        session: SessionId = None,
    ) -> Json:
        """Check that the expected requests came; `message` says what came instead."""
        given = {"when": when, "times": times, "order": order, "within": within, "after": after, "session": session}
        body = {name: value for name, value in given.items() if value is not None}
        return self._client.send("POST", "/verify", body, RESPONSE_TIMEOUT + (within or 0.0))

    def judge_client(
        self,
        session: SessionId = None,
        after: Annotated[int, Field(description="Only requests with a higher number.", ge=0)] = 0,
    ) -> Json:
        """List the program's proven mistakes as a client, with evidence and with what is right.

        Such as retries that are too early or pointless, tool results that match no call, streams that are read wrongly.
        """
        return self._client.get("/verdict", session=session, after=after)

    def reset(self, session: SessionId = None) -> Json:
        """Start again: no queued answers, scenarios at their first turn, full accounts.

        Without a session, also no scenario and no chaos. The list of requests stays.
        """
        self._client.send("DELETE", "/next", session=session)
        if session is None:
            self._client.send("PATCH", "/defaults", {"scenario": None, "chaos": None, "pace": None})
        self._start_again(session)
        return f"Everything is as at the start, for {_whom(session)}."

    def _start_again(self, session: str | None) -> None:
        known = self._client.send("GET", "/sessions")
        for id in [session] if session is not None else [each["id"] for each in known]:
            self._client.send("POST", f"/sessions/{quote(str(id))}/reset")

    def _queue(self, body: Words, times: int | str, session: str | None) -> Json:
        where: Words = {} if session is None else {"session": session}
        return self._client.send("POST", "/next", {**body, "times": times, **where})

    def all(self) -> Sequence[Callable[..., Json]]:
        """Return the tools, those that an agent needs first before the others."""
        return (
            self.describe_server,
            self.list_scenarios,
            self.lint_scenario,
            self.play_scenario,
            self.play_new_scenario,
            self.set_next_answer,
            self.list_faults,
            self.set_faults,
            self.list_requests,
            self.read_request,
            self.explain_request,
            self.copy_request,
            self.verify_requests,
            self.judge_client,
            self.reset,
        )


def _mistake(problem: Mapping[str, object]) -> str:
    return f"{problem['line']}:{problem['column']}: {problem['path']}: {problem['message']}"


def _whom(session: str | None) -> str:
    return "all sessions" if session is None else f"session {session}"
