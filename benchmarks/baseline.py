"""The bare app: the least that an ASGI application on uvicorn can do to give the same answers.

It is the unit of comparison. `python -m benchmarks.baseline FOLDER` serves every file of the folder in four ways:
`/whole/NAME` as a JSON body, `/joined/NAME` as an event stream in one send, `/each/NAME` as an event stream with one
send for each event, and `/paced/NAME` as that at a pace. It reads the body of a request, ignores it, and sends
messages that were made beforehand. Its server has the settings of the mock's: httptools, uvloop, no log, no lifespan.
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import TypeAlias, cast

import uvicorn

Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_answers: dict[str, list[Message]] = {}


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Read the body, and send the answer of the path."""
    while (await receive()).get("more_body"):
        pass
    path = str(scope["path"])
    if path.startswith("/paced/"):
        await _pace(_answers[path], send)
        return
    for message in _answers[path]:
        await send(message)


async def _pace(messages: list[Message], send: Send) -> None:
    """Send the first delta after 100 ms and the others 20 ms apart, by absolute deadlines; see `paced`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 0.1
    started = False
    for message in messages:
        if b"event: content_block_delta" in cast(bytes, message.get("body", b"")):
            deadline += 0.02 if started else 0.0
            started = True
        left = deadline - loop.time()
        if left > 0:
            await asyncio.sleep(left)
        await send(message)


def _head(*headers: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": 200, "headers": list(headers)}


def _bodies(parts: Iterable[bytes]) -> list[Message]:
    messages: list[Message] = [{"type": "http.response.body", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False
    return messages


def _serve(name: str, body: bytes) -> None:
    stream = _head((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))
    whole = _head((b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)))
    _answers[f"/whole/{name}"] = [whole, *_bodies([body])]
    _answers[f"/joined/{name}"] = [stream, *_bodies([body])]
    _answers[f"/paced/{name}"] = _answers[f"/each/{name}"] = [
        stream,
        *_bodies([event + b"\n\n" for event in body.split(b"\n\n") if event]),
    ]


def main() -> None:
    """Serve until the process is stopped."""
    for file in Path(sys.argv[1]).iterdir():
        _serve(file.name, file.read_bytes())
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none")
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as sock:
        print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[sock])


if __name__ == "__main__":
    main()
