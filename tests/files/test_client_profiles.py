"""The shipped client profiles: each request is one that the mock answers, and that nobody can object to."""

import json

import httpx
import pytest

from mockserver.contracts.sse import parse
from mockserver.core.conversation import JsonObject
from mockserver.core.errors import OperatorError
from mockserver.files.client_profiles import ClientProfile, client_profile, client_profiles
from mockserver.testing.gateway import GatewaySession
from mockserver.wires import WIRES

PROFILES = client_profiles()


def send(gateway: GatewaySession, profile: ClientProfile, name: str) -> httpx.Response:
    request = profile.request(name)
    headers = profile.headers_of(request, gateway.key)
    return httpx.post(gateway.url + request.path, headers=headers, content=json.dumps(request.body))


@pytest.mark.gateway(extensions="responses")
@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_request_of_a_client_is_answered_without_blame(gateway: GatewaySession, profile: ClientProfile) -> None:
    reader = WIRES[profile.wire].reader
    for name in profile.requests:
        if name == "threads":
            continue
        answer = send(gateway, profile, name)
        assert answer.status_code == 200, f"{name}: {answer.text}"
        body = whole_of(profile, answer)
        assert [*reader.texts(body), *reader.calls(body)], name
    assert not gateway.verdict()


def whole_of(profile: ClientProfile, answer: httpx.Response) -> JsonObject:
    """Return the body of an answer, put together if it was streamed."""
    if answer.headers["content-type"] == "application/json":
        body: JsonObject = answer.json()
        return body
    events = [event.json for event in parse(answer.content).events if not event.is_done]
    return WIRES[profile.wire].reader.whole_of([event for event in events if isinstance(event, dict)])


@pytest.mark.parametrize("name", ["anthropic-node", "anthropic-python"])
def test_a_thread_is_refused_as_the_client_expects(gateway: GatewaySession, name: str) -> None:
    answer = send(gateway, PROFILES[name], "threads")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["error_code"] == "thread_unsupported_request"


def test_codex_is_told_of_the_other_wire_where_the_extension_is_off(gateway: GatewaySession) -> None:
    gateway.allow_unmatched()
    answer = send(gateway, client_profile("codex"), "stream")
    assert answer.status_code == 404
    assert "/chat/completions" in answer.json()["error"]["message"]


def test_every_profile_has_its_own_file_and_a_key_to_fill_in() -> None:
    for name, profile in PROFILES.items():
        assert profile.profile == name
        assert "sk_given" in "".join(profile.headers_of(next(iter(profile.requests.values())), "sk_given").values()), (
            name
        )


def test_a_name_that_is_not_known_is_reported_with_the_nearest() -> None:
    with pytest.raises(OperatorError, match="did you mean 'openai-python'"):
        client_profile("openai-pyton")


def test_a_request_that_a_client_does_not_send_is_reported_with_those_that_it_sends() -> None:
    with pytest.raises(OperatorError, match="instructor-openai has no request 'tools'; it has text, structured"):
        client_profile("instructor-openai").request("tools")
