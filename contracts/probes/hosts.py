"""Probes of whom a request is for: its Host header, and a target that names a host itself. They are sent as bytes.

Where two servers in a row read the host of a request in different places, one checks or caches it for a host for which
the other does not serve it. RFC 9112, section 3.2, says which place counts.
"""

from mockserver.contracts.client import Client
from mockserver.contracts.probe import probe
from mockserver.contracts.raw_requests import RawRequests

OTHER = "gate.invalid"
"""A name that no host has (RFC 6761)."""


@probe("host-required", profiles=["smoke", "full"])
def wrong_hosts(client: Client) -> None:
    """Leave out the Host header, send it twice, and send one that is no host."""
    wire, own = RawRequests.prepared(client), client.raw.host
    cases = {
        "without Host": (),
        "with the same Host twice": (own, own),
        "with two values of Host": (own, OTHER),
        "with a Host that is none": (f"{own} {OTHER}",),
    }
    for name, hosts in cases.items():
        status = wire.first(wire.ordinary(hosts=hosts))
        client.check("host-required", status == 400, f"{name}: status {status or 'none'}, expected 400")


@probe("absolute-target", profiles=["smoke", "full"])
def absolute_targets(client: Client) -> None:
    """Send targets with a host of their own, beside the same Host header and another one.

    A server that serves one host only may answer for each. One that serves several may not take the Host header.
    """
    wire, own, origin = RawRequests.prepared(client), client.raw.host, client.raw.origin
    for name, host in (("the same Host", own), ("another Host", OTHER)):
        status = wire.first(wire.ordinary(origin=origin, hosts=(host,)))
        got = f"beside {name}: status {status or 'none'}, in origin form {wire.status}"
        client.check("absolute-target", status == wire.status, got)
    elsewhere = wire.first(wire.ordinary(hosts=(OTHER,)))
    status = wire.first(wire.ordinary(origin=origin.replace(own, OTHER), hosts=(own,)))
    got = f"of another host: status {status or 'none'}, with that in Host {elsewhere or 'none'}"
    client.check("absolute-target", status == elsewhere or not 200 <= status < 300, got)


PROBES = (
    wrong_hosts,
    absolute_targets,
)
