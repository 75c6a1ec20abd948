"""The acts, in the order in which they are played: a new one is a file here and a line in the table.

Those that take long come last, so that one that hangs takes the time of no other.
"""

from tools.attack.act import Act
from tools.attack.acts import (
    bodies,
    control,
    descriptors,
    dry_run,
    feeds,
    headers,
    load,
    machine,
    names,
    output,
    pipelined,
    processes,
    raw,
    redis,
    slow,
    trailers,
    verdict,
    yaml,
)

ACTS: tuple[Act, ...] = (
    load.ACT,
    bodies.ACT,
    machine.ACT,
    raw.ACT,
    yaml.ACT,
    control.ACT,
    headers.ACT,
    trailers.ACT,
    pipelined.ACT,
    output.ACT,
    processes.ACT,
    descriptors.ACT,
    redis.ACT,
    feeds.ACT,
    names.ACT,
    slow.ACT,
    verdict.ACT,
    dry_run.ACT,
)
