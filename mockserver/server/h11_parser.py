"""The parser in Python, on h11, for systems without httptools."""

import h11

from mockserver.server.http_parser import (
    FIELD,
    PIECE,
    Headers,
    ParserEvents,
    RequestHead,
    malformed,
    split_target,
    too_large,
    with_one_host,
)


class H11Parser:
    """The parser on h11. It never sends: it tells h11 that each request is answered as soon as it is complete."""

    __slots__ = ("_connection", "_events", "_is_over", "_limit", "in_head")

    def __init__(self, events: ParserEvents, limit: int) -> None:
        self._events = events
        self._limit = limit
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=limit)
        self._is_over = False
        self.in_head = False

    def feed(self, data: bytes) -> None:
        """Parse data and call the events. Raise `RefusedRequestError`; nothing may be fed after that."""
        for start in range(0, len(data), PIECE):
            if self._is_over:
                return
            self._connection.receive_data(data[start : start + PIECE])
            try:
                self._pass_on()
            except h11.RemoteProtocolError as error:
                raise (too_large(self._limit) if error.error_status_hint == 431 else malformed()) from None
            self.in_head = self._connection.their_state is h11.IDLE and bool(self._connection.trailing_data[0])

    def close(self) -> None:
        """Parse nothing more, and let go of the connection."""
        self._is_over = True
        del self._events

    def _pass_on(self) -> None:
        while not self._is_over:
            event = self._connection.next_event()
            if isinstance(event, h11.Request):
                self.in_head = False
                self._events.on_head(self._head_of(event))
            elif isinstance(event, h11.Data):
                self._events.on_body(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._bound(b"", list(event.headers))
                self._start_next()
                self._events.on_end()
            else:  # more data is needed
                return

    def _head_of(self, event: h11.Request) -> RequestHead:
        headers = list(event.headers)
        self._bound(event.target, headers)
        _refuse_two_lengths(headers)
        path, raw_path, query = split_target(event.target)
        version, tokens = event.http_version.decode("ascii"), _connection_tokens(headers)
        keep_alive = version != "1.0" and b"close" not in tokens
        headers = with_one_host(headers, event.target, version)
        return RequestHead(event.method.decode("ascii"), path, raw_path, query, version, headers, keep_alive)

    def _bound(self, target: bytes, headers: Headers) -> None:
        if len(target) + sum([len(name) + len(value) + FIELD for name, value in headers]) > self._limit:
            raise too_large(self._limit)

    def _start_next(self) -> None:
        self._connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
        self._connection.send(h11.EndOfMessage())
        if self._connection.our_state is h11.DONE:
            self._connection.start_next_cycle()
        else:
            self._is_over = True


def _refuse_two_lengths(headers: Headers) -> None:
    """Refuse a length beside chunks, as llhttp does: who reads the other of the two finds another request in the body.

    RFC 9112, section 6.1, lets a server read the chunks, but only if it closes the connection after the answer.
    """
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in headers}:
        raise malformed()


def _connection_tokens(headers: Headers) -> set[bytes]:
    return {token.strip().lower() for name, value in headers if name == b"connection" for token in value.split(b",")}
