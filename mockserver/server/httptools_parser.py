"""The fast parser: llhttp, in C, by way of httptools."""

from typing import cast

import httptools

from mockserver.server.http_parser import (
    FIELD,
    PIECE,
    ParserEvents,
    RequestHead,
    malformed,
    split_target,
    too_large,
    with_one_host,
)


class HttptoolsParser:
    """The parser on httptools."""

    __slots__ = ("_body", "_events", "_headers", "_limit", "_parser", "_replays", "_size", "_unseen", "_url", "in_head")

    def __init__(self, events: ParserEvents, limit: int) -> None:
        self._events = events
        self._limit = limit
        self._parser = self._new_parser()
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._size = 0
        """The bytes of the present head, or of the present trailers, as far as the callbacks have seen them."""
        self._unseen = 0
        """The bytes that were fed since the last callback: they belong to a part that is not complete."""
        self._body = False
        self._replays = False
        """Whether the head is fed that was passed on already."""
        self.in_head = False

    def feed(self, data: bytes) -> None:
        """Parse data and call the events. Raise `RefusedRequestError`; nothing may be fed after that."""
        if len(data) <= PIECE:
            self._feed(data)
            return
        view = memoryview(data)
        for start in range(0, len(data), PIECE):
            self._feed(view[start : start + PIECE])

    def _feed(self, piece: bytes | memoryview) -> None:
        self._unseen += len(piece)
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._refuse_upgrade()
            self._feed(piece[cast(int, upgrade.args[0]) :])
        except httptools.HttpParserCallbackError as error:
            raise error.__context__ or error from None
        except httptools.HttpParserError:
            raise malformed() from None
        if self._unseen + self._size > self._limit:
            raise too_large(self._limit)

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # Data after `Connection: close` is dropped instead of being an error of the request before it.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def _refuse_upgrade(self) -> None:
        """Go on with a request that asks for an upgrade.

        llhttp takes its body for the other protocol, so another parser gets the same head without that header, and
        reads the body.
        """
        self._parser, self._replays = self._new_parser(), True
        framing = [pair for pair in self._headers if pair[0] in (b"content-length", b"transfer-encoding")]
        lines = [b"POST / HTTP/1.1", *[name + b": " + value for name, value in framing], b"", b""]
        self._parser.feed_data(b"\r\n".join(lines))

    def close(self) -> None:
        """Let go of everything, so that no cycle of references is left."""
        del self._parser, self._events

    def on_message_begin(self) -> None:
        """Begin a request."""
        if self._replays:
            return
        self._url, self._headers = b"", []
        self._size = self._unseen = 0
        self.in_head = True

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        if self._replays:
            return
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; drop it if it is a trailer."""
        if self._replays:
            return
        self._count(len(name) + len(value) + FIELD)
        if not self._body:
            self._headers.append((name.lower(), value))

    def _count(self, size: int) -> None:
        self._unseen = 0
        self._size += size
        if self._size > self._limit:
            raise too_large(self._limit)

    def on_headers_complete(self) -> None:
        """Pass the head on."""
        if self._replays:
            self._replays = False
            return
        parser, self._body, self.in_head = self._parser, True, False
        self._size = self._unseen = 0
        version = parser.get_http_version()
        keep_alive = version != "1.0" and parser.should_keep_alive()
        path, raw_path, query = split_target(self._url)
        method = parser.get_method().decode("ascii")
        headers = with_one_host(self._headers, self._url, version)
        self._events.on_head(RequestHead(method, path, raw_path, query, version, headers, keep_alive))

    def on_body(self, body: bytes) -> None:
        """Pass a piece of the body on."""
        self._size = self._unseen = 0
        self._events.on_body(body)

    def on_message_complete(self) -> None:
        """Pass the end on."""
        if self._parser.should_upgrade():
            return
        self._body = False
        self._size = self._unseen = 0
        self._events.on_end()
