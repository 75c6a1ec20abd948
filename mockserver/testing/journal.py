"""The journal as a test sees it."""

from mockserver.journal.record import Record, Records
from mockserver.testing.arguments import checked

__tracebackhide__ = True
"""Hide this module's frames in a failing test (pytest looks for this name)."""


class GatewayJournal(Records):
    """The exchanges of one test's session, oldest first."""

    @checked('gateway.journal.find(last="user")')
    def find(self, **when: object) -> list[Record]:
        """Return the records that match these keys of `when`."""
        return super().find(**when)
