"""Any bytes in, then every control route answers below 500, with a feed open and without.

A state machine over the real application on a socket. `ATTACK_EXAMPLES` sets how many runs it makes: few in the
suite, many in `make attack`.
"""

import json
import os
from contextlib import ExitStack

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.attack.bodies import ANY, BODIES, HEADERS, KEYS, PATHS
from tests.attack.target import attacked
from tests.support.properties import examples

EXAMPLES = int(os.environ.get("ATTACK_EXAMPLES", examples(5)))

KEY_HEADERS = st.sampled_from([("x-api-key", ""), ("authorization", "Bearer "), ("authorization", ""), ("x-other", "")])
METHODS = st.sampled_from(["POST", "POST", "POST", "GET", "OPTIONS", "HEAD", "PUT"])


class AnyBytesIn(RuleBasedStateMachine):
    """One gateway, many requests; after each, everything that can be read is read."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.target = self.stack.enter_context(attacked())
        self.feeds = 0
        self.unread = False

    def teardown(self) -> None:
        self.stack.close()

    @rule(path=st.sampled_from(PATHS), body=BODIES, headers=HEADERS, key=KEYS, form=KEY_HEADERS, method=METHODS)
    def send(
        self, path: str, body: bytes, headers: list[tuple[str, str]], key: str, form: tuple[str, str], method: str
    ) -> None:
        """Send a request: it is answered, entered in the journal, and never a failure of ours."""
        before = self.target.entered()
        sent = [*headers, (form[0], form[1] + key), ("content-type", "application/json")]
        answer = self.target.send(path, body, sent, method)
        assert answer.status, (path, body, answer.raw)
        assert answer.status not in (500, 502), (path, body, answer.raw)
        assert self.target.entered() == before + 1, (path, body, answer.raw)
        self.unread = True

    @rule(path=st.sampled_from(PATHS[:4]), body=BODIES)
    def send_with_the_key_of_the_test(self, path: str, body: bytes) -> None:
        """Send a request of the test's own client."""
        answer = self.target.send(path, body, [("x-api-key", self.target.gateway.key)])
        assert answer.status not in (0, 500, 502), (path, body, answer.raw)
        self.unread = True

    @rule(raw=st.binary(max_size=60))
    def send_garbage(self, raw: bytes) -> None:
        """Bytes that are no HTTP reach the port."""
        answer = self.target.send_bytes(raw)
        assert answer.status in (0, 400, 404, 405, 505), (raw, answer.raw)

    @precondition(lambda self: self.feeds < 3)
    @rule()
    def open_a_feed(self) -> None:
        """Somebody watches."""
        self.target.open_feed()
        self.feeds += 1

    @precondition(lambda self: self.feeds)
    @rule()
    def close_the_feeds(self) -> None:
        """Nobody watches any more."""
        self.target.close_feeds()
        self.feeds = 0

    @rule(path=st.sampled_from(["/next", "/verify", "/exchanges/find", "/lint", "/explain", "/sessions"]), said=ANY)
    def say_to_the_control_api(self, path: str, said: object) -> None:
        """Any JSON reaches the control API."""
        shapes = ({"turn": {"reply": said}}, {"when": said}, {"yaml": said}, {"request": said, "yaml": "a"}, said)
        for shape in shapes:
            answer = self.target.control.post(
                path, content=json.dumps(shape).encode(), headers={"content-type": "application/json"}
            )
            assert answer.status_code < 500, (path, shape, answer.text)
        self.target.control.delete("/next")

    @precondition(lambda self: self.unread)
    @invariant()
    def everything_can_be_read(self) -> None:
        """No reader fails because of what was sent."""
        self.unread = False
        assert self.target.failures() == []
        assert self.target.fixture_failures() == []


TestAnyBytesIn = AnyBytesIn.TestCase
TestAnyBytesIn.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=12, suppress_health_check=list(HealthCheck), deadline=None
)
