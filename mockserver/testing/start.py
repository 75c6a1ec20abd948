"""`mockserver.start`: a gateway for one block, outside pytest: unittest, notebooks, scripts, subprocesses.

```python
with mockserver.start("tool-round-trip") as gateway:
    run_my_agent(base_url=gateway.url, api_key=gateway.key)
```

`async with` does the same. When the block ends without an error, it checks the gateway like the fixture; when it ends
with an error, it raises that error with the timeline as a note.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from mockserver.core.errors import MockserverError
from mockserver.files.contract import split_names
from mockserver.testing.arguments import checked
from mockserver.testing.gateway import GatewaySession
from mockserver.testing.server_thread import server_thread

if TYPE_CHECKING:
    from mockserver.accounts.schema import Account
    from mockserver.scenarios.schema import Scenario

__tracebackhide__ = True
"""Hide this module's frames in a failing test (pytest looks for this name)."""


class start:  # noqa: N801 - used like a function
    """A gateway on a server of its own, for one block.

    - `clock` is `virtual` (waits of the mock take no time) or `real`; a real clock runs `speed` times as fast.
    - `in_process` uses no socket: the gateway's `transport` serves an `httpx.AsyncClient`.
    - `strict` also fails a block that ends before every turn was played.
    - `lenient` accepts requests that are refused for their form alone.
    - `extensions` names APIs that the gateway does not have, to serve them too: `"responses"`, or a list.
    - `control` adds the control API and the page, at the gateway's `page`.
    """

    @checked('mockserver.start("greeting", seed=7)')
    def __init__(
        self,
        scenario: "str | Path | Scenario | Mapping[str, object] | None" = None,
        *,
        seed: str | int | None = None,
        account: "Mapping[str, object] | Account | None" = None,
        chaos: str | Path | Mapping[str, object] | None = None,
        clock: Literal["virtual", "real"] = "virtual",
        speed: float = 1.0,
        strict: bool = False,
        lenient: bool = False,
        extensions: str | Sequence[str] = (),
        in_process: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        control: bool = False,
        name: str = "start",
    ) -> None:
        self._scenario = scenario
        self._seed = seed
        self._account = account
        self._chaos = chaos
        self._virtual = clock == "virtual"
        self._speed = speed
        self._strict = strict
        self._lenient = lenient
        self._extensions = split_names([extensions] if isinstance(extensions, str) else extensions)
        self._where = (in_process, host, port)
        self._control = control
        self._name = name
        self._stack = ExitStack()
        self._gateway: GatewaySession | None = None

    def __enter__(self) -> GatewaySession:
        try:
            return self._begin()
        except MockserverError as error:
            raise error.with_traceback(None) from None  # the caller's mistake: without the frames of the mock

    def _begin(self) -> GatewaySession:
        in_process, host, port = self._where
        with ExitStack() as stack:
            server = stack.enter_context(
                server_thread(
                    virtual=self._virtual,
                    speed=self._speed,
                    in_process=in_process,
                    host=host,
                    port=port,
                    control=self._control,
                    extensions=self._extensions,
                )
            )
            self._gateway = gateway = GatewaySession(
                server,
                self._name,
                scenario=self._scenario,
                seed=self._seed,
                account=self._account,
                strict=self._strict,
                lenient=self._lenient,
            )
            stack.callback(gateway.close)
            if self._chaos is not None:
                gateway.chaos(self._chaos)
            self._stack = stack.pop_all()
        return gateway

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if self._gateway is None:
                return
            if error is None:
                self._gateway.check()
            elif isinstance(error, Exception):
                error.add_note(self._gateway.failure_report())

    async def __aenter__(self) -> GatewaySession:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
