"""The reference gateway: small, written from the documents alone, on another server than the mock's.

The suite is tested against it, because it shares no code with the mock. It has accounts with credits, rate limits,
logins with signed tokens, both wires, and no scenarios. `ReferenceGateway.answer` is a function from a request to an
answer;
`serving` puts it on a socket. It takes the request schemas from openapi.yaml.
"""

import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl

from mockserver.contracts.document import ContractDocument, OperationSpec
from mockserver.contracts.exchange import read_json
from mockserver.contracts.reference.wires import render
from mockserver.contracts.request_framing import read_body, read_target

USER, OTHER, PASSWORD = "ada@example.com", "grace@example.com", "correct horse"
KEY, SECOND, EMPTY, LIMITED, FAILING, LOADING = (
    "sk_other_one",
    "sk_second_one",
    "sk_empty_one",
    "sk_limited_one",
    "sk_failing_one",
    "sk_loading_one",
)
SECRET = b"the other gateway"
CREDITS = 1000.0
DAY = 86_400
WORDS = ["Hello", "from", "the", "other", "gateway,", "which", "was", "written", "from", "the", "documents", "alone."]
MODELS = ("qwen-coder-32b", "qwen-7b", "meta-llama/llama-3.3-70b-instruct")
MOST = {"qwen-coder-32b": 32_768, "claude-sonnet-4.5": 8_192}
NO_TOOLS = ("gemma-", "deepseek-r1", "minimax")
PROVIDERS = ("meta_llama", "anthropic")
CORS = (
    ("access-control-allow-origin", "*"),
    ("access-control-allow-headers", "*"),
    ("access-control-allow-methods", "*"),
)
TYPES = {
    401: "authentication_error",
    402: "billing_error",
    404: "not_found_error",
    405: "invalid_request_error",
    429: "rate_limit_error",
}

Reply = tuple[int, list[tuple[str, str]], list[bytes]]


class ReferenceRefusal(Exception):
    """A failure: status, code, message, headers."""

    def __init__(self, status: int, code: str, words: str, *headers: tuple[str, str]) -> None:
        super().__init__(words)
        self.status, self.code, self.words, self.headers = status, code, words, list(headers)


@dataclass
class ReferenceAccount:
    """What a key may spend, and its rate limit: requests in a second, None for no limit."""

    used: float = 0.0
    total: float = CREDITS
    window: int | None = None
    times: list[float] = field(default_factory=list)


def sign(claims: Mapping[str, Any]) -> str:
    """Return a JWT with these claims."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "HS256"}, claims)
    ]
    mac = hmac.new(SECRET, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64.urlsafe_b64encode(mac).decode().rstrip("=")])


def expired_token() -> str:
    """Return a token that expired in 1970."""
    return sign({"sub": "1", "iat": 0, "exp": DAY, "jti": "old"})


def credentials() -> dict[str, str]:
    """Return what an operator would tell the gate about this gateway."""
    return {
        "exhausted": EMPTY,
        "empty": EMPTY,
        "limited": LIMITED,
        "window": LIMITED,
        "second": SECOND,
        "failing": FAILING,
        "loading": LOADING,
        "expired": expired_token(),
        "login": f"{USER}:{PASSWORD}",
        "other": f"{OTHER}:{PASSWORD}",
        "user": f"{USER}:{PASSWORD}",
    }


def instance(schema: Any) -> Any:
    """Return the simplest value that satisfies a plain schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type", "object")
    if kind == "object":
        required = schema.get("required") or []
        return {name: instance((schema.get("properties") or {}).get(name, {"type": "string"})) for name in required}
    return {"string": "Oslo", "integer": schema.get("minimum", 1), "number": 1.5, "boolean": True, "array": []}.get(
        kind
    )


class ReferenceGateway:
    """The whole gateway."""

    def __init__(self, contract: Path, now: Callable[[], float] = time.time) -> None:
        self._document = ContractDocument.open(contract)
        self._now = now
        self._lock = Lock()
        self._numbers = itertools.count(1)
        self._accounts = {EMPTY: ReferenceAccount(total=0.0), LIMITED: ReferenceAccount(window=2)}
        self._gone: set[str] = set()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one request: status, headers, body in pieces."""
        try:
            with self._lock:
                return self._route(method, path.partition("?")[0], headers, body)
        except ReferenceRefusal as refused:
            return self._failure(path, refused)

    # Routes

    def _route(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if method == "OPTIONS":
            return 204, [], []
        operation = self._document.find("GET" if method == "HEAD" else method, path)
        if operation is None:
            others = [other for other in ("GET", "POST") if self._document.find(other, path)]
            if others:
                raise ReferenceRefusal(405, "method_not_allowed", "Method Not Allowed", ("allow", ", ".join(others)))
            raise ReferenceRefusal(404, "not_found", "Not Found")
        key = self._key(operation, headers)
        name = operation.alias_of or operation.name
        if operation.is_conversation:
            return self._converse(operation, key, self._body(operation, body))
        handlers: dict[str, Callable[[], object]] = {
            "count_tokens": lambda: {"input_tokens": len(json.dumps(self._body(operation, body)["messages"]))},
            "models": lambda: {"object": "list", "data": [_model(id) for id in MODELS]},
            "model": lambda: _model(path.rpartition("/models/")[2].replace("%2F", "/")),
            "credits_balance": lambda: self._balance(self._account(key)),
            "login": lambda: self._login(_form(headers, body) or self._body(operation, body)),
            "refresh": lambda: self._refresh(key, body),
            "me": lambda: {"id": "1", "email": self._claims(key, "access")["email"]},
            "logout": lambda: self._logout(key),
        }
        if name not in handlers:
            raise ReferenceRefusal(404, "not_found", "Not Found")
        return 200, [("content-type", "application/json")], [json.dumps(handlers[name]()).encode()]

    def _key(self, operation: OperationSpec, headers: Mapping[str, str]) -> str:
        bearer = headers.get("authorization", "")
        token = bearer[7:].strip() if bearer.lower().startswith("bearer ") else ""
        offered = headers.get("x-api-key", "").strip() if "ApiKeyAuth" in operation.schemes else ""
        for credential in (headers.get("x-api-key", ""), token):
            if credential.startswith("sk-ant-") and operation.schemes:
                raise ReferenceRefusal(401, "invalid_api_key", "Invalid API key: sk-ant- keys are not accepted")
        key = offered or token
        if not key and not operation.key_optional:
            raise ReferenceRefusal(401, "missing_api_key", "Missing API key")
        if key.count(".") == 2 and not operation.name.startswith("refresh"):
            self._claims(key, "access")
        return key

    def _body(self, operation: OperationSpec, raw: bytes) -> Any:
        body = read_json(raw)
        assert operation.request is not None
        problems = operation.request.problems(body)
        if problems:
            raise ReferenceRefusal(operation.invalid_status, "invalid_request", f"Invalid request: {problems[0]}")
        return body

    # Credits and rate limits

    def _account(self, key: str) -> ReferenceAccount:
        return self._accounts.setdefault(key, ReferenceAccount())

    def _balance(self, account: ReferenceAccount) -> dict[str, Any]:
        return {
            "total_credits": account.total,
            "used_credits": account.used,
            "remaining_credits": account.total - account.used,
            "unlimited": False,
            "plan": "pro",
            "period_start": "2026-11-01T00:00:00Z",
            "period_end": None,
            "usage_percentage": 100 * account.used / account.total if account.total else 100.0,
        }

    def _admit(self, operation: OperationSpec, account: ReferenceAccount) -> None:
        if not operation.is_metered:
            return
        if account.window is not None:
            account.times = [moment for moment in account.times if moment > self._now() - 1]
            if len(account.times) >= account.window:
                raise ReferenceRefusal(429, "rate_limit_exceeded", "Rate limit exceeded", ("retry-after", "1"))
            account.times.append(self._now())
        if account.total - account.used <= 0:
            raise ReferenceRefusal(402, "insufficient_credits", "Insufficient credits")

    # Logins and tokens

    def _login(self, body: Any) -> dict[str, Any]:
        if body["email"] not in (USER, OTHER) or body["password"] != PASSWORD:
            raise ReferenceRefusal(401, "invalid_credentials", "Incorrect email or password")
        return self._tokens(body["email"])

    def _tokens(self, email: str) -> dict[str, Any]:
        issued = int(self._now())
        base = {"sub": "1", "userId": "1", "email": email, "role": "user", "iat": issued, "exp": issued + DAY}
        signed = {kind: sign(base | {"kind": kind, "jti": str(next(self._numbers))}) for kind in ("access", "refresh")}
        return {
            "access_token": signed["access"],
            "refresh_token": signed["refresh"],
            "token_type": "bearer",
            "expires_in": DAY,
        }

    def _claims(self, token: str, kind: str) -> Any:
        try:
            padded = token.split(".")[1] + "=" * (-len(token.split(".")[1]) % 4)
            claims = json.loads(base64.urlsafe_b64decode(padded))
        except (IndexError, ValueError):
            raise ReferenceRefusal(401, "invalid_token", "Could not validate credentials") from None
        if sign(claims) != token or token in self._gone or claims.get("kind", kind) != kind:
            raise ReferenceRefusal(401, "invalid_token", "Could not validate credentials")
        if claims["exp"] <= self._now():
            raise ReferenceRefusal(401, "token_expired", "Token has expired")
        return claims

    def _refresh(self, bearer: str, body: bytes) -> dict[str, Any]:
        sent = read_json(body)
        token = sent.get("refresh_token", "") if isinstance(sent, dict) else bearer
        return self._tokens(self._claims(str(token), "refresh")["email"])

    def _logout(self, token: str) -> dict[str, str]:
        self._claims(token, "access")
        self._gone.add(token)
        return {"message": "Logged out"}

    # Conversations

    def _converse(self, operation: OperationSpec, key: str, body: Any) -> Reply:
        account = self._account(key)
        if key.startswith(FAILING):
            raise ReferenceRefusal(500, "internal_error", "Internal server error")
        if key.startswith(LOADING):
            raise ReferenceRefusal(503, "model_loading", "Model is loading, retry in 5-10s", ("retry-after", "5"))
        self._check(operation, body)
        self._admit(operation, account)
        reply = render(operation, body, self._say(operation, body), f"{next(self._numbers):022d}", self._now())
        account.used += reply.cost / 1000 if operation.is_metered else 0.0
        if operation.variant == "managed":
            reply.add_credits(account.total - account.used)
        kind = "text/event-stream" if body.get("stream") else "application/json"
        return 200, [("content-type", kind)], reply.chunks()

    def _check(self, operation: OperationSpec, body: Any) -> None:
        limit = body.get("max_tokens") or 0
        if limit > MOST.get(body.get("model"), 10**400):
            raise ReferenceRefusal(400, "max_tokens_too_large", "max_tokens is larger than the model's maximum")
        if operation.variant == "byok" and body["provider"] not in PROVIDERS:
            raise ReferenceRefusal(400, "unsupported_provider", f"Unsupported provider: {body['provider']}")
        rounds = sum(message["role"] == "tool" for message in body["messages"])
        most = body.get("max_iterations", 5)
        if operation.wire == "openai" and rounds > most:
            words = f"Maximum tool calling iterations ({most}) exceeded without completion"
            raise ReferenceRefusal(400, "max_iterations_exceeded", words)
        known: set[str] = set()
        for message in body["messages"] if operation.wire == "anthropic" else []:
            blocks = message["content"] if isinstance(message["content"], list) else []
            for block in blocks:
                if block["type"] == "tool_result" and block["tool_use_id"] not in known:
                    raise ReferenceRefusal(400, "invalid_request", f"unexpected tool_use_id {block['tool_use_id']}")
            known = {block["id"] for block in blocks if block["type"] == "tool_use"}

    def _say(self, operation: OperationSpec, body: Any) -> Any:
        """Return text as a list of words, or a tool and its arguments."""
        choice = body.get("tool_choice")
        kind = choice.get("type") if isinstance(choice, dict) else choice
        offered = {
            (tool.get("function") or tool)["name"]: tool.get("function") or tool for tool in body.get("tools") or []
        }
        forced = isinstance(choice, dict) and (choice.get("name") or (choice.get("function") or {}).get("name"))
        able = not str(body.get("model")).startswith(NO_TOOLS)
        if able and offered and (forced or kind in ("any", "required")):
            name = forced or next(iter(offered))
            schema = offered.get(name, {})
            return name, instance(schema.get("parameters") or schema.get("input_schema") or {})
        chosen = body.get("response_format") or {}
        asked = chosen.get("json_schema") if chosen.get("type") == "json_schema" else None
        asked = asked or (body.get("output_config") or {}).get("format")
        if asked:
            return json.dumps(instance(asked.get("schema") or {})).split(" ")
        return list(WORDS)

    def _failure(self, path: str, refused: ReferenceRefusal) -> Reply:
        kind = TYPES.get(refused.status, "api_error" if refused.status >= 500 else "invalid_request_error")
        body: dict[str, Any] = {"error": {"message": refused.words, "type": kind, "code": refused.code}}
        if path.partition("/messages")[1]:
            body = {"type": "error", **body}
        return refused.status, [("content-type", "application/json"), *refused.headers], [json.dumps(body).encode()]


def _form(headers: Mapping[str, str], body: bytes) -> dict[str, str] | None:
    """Return a login that was sent as a form, with the field names of the JSON one, or None."""
    if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return None
    sent = dict(parse_qsl(body.decode("utf-8", "replace")))
    return {"email": sent.get("username", ""), "password": sent.get("password", "")}


def _model(id: str) -> dict[str, Any]:
    if id not in MODELS:
        raise ReferenceRefusal(404, "model_not_found", f"Model not found: {id[:60]}")
    return {"id": id, "object": "model", "created": 1_700_000_000, "owned_by": "Meta"}


@contextmanager
def serving(gateway: ReferenceGateway) -> Iterator[str]:
    """Serve on a free port while the block runs; yield the URL."""

    class ReferenceHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, *_: object) -> None:
            """Print nothing."""

        def _do(self) -> None:
            try:
                target, body = read_target(self), read_body(self) or b""
            except ValueError as error:
                self.close_connection = True
                self.send_error(400, str(error))
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, fields, chunks = gateway.answer(self.command, target, headers, body)
            self.send_response(status)
            streamed = ("content-type", "text/event-stream") in fields
            fields = [*fields, *CORS, ("x-request-id", f"req_{id(self):x}{time.monotonic_ns():x}")]
            size = sum(map(len, chunks))
            fields.append(("transfer-encoding", "chunked") if streamed else ("content-length", str(size)))
            for name, value in fields:
                self.send_header(name, value)
            self.end_headers()
            for chunk in chunks if self.command != "HEAD" else []:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if streamed else chunk)
            if streamed:
                self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _do  # noqa: N815 - the names that http.server calls

    server = ThreadingHTTPServer(("127.0.0.1", 0), ReferenceHandler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
