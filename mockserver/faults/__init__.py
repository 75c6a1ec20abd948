"""Faults: what can go wrong with an answer on the wire, as pure functions on actions.

A turn's `faults`, a queued response or a chaos rule chooses a fault by its name; the fields of its model are its
parameters. `table` lists every fault, and scenario files, `mockserver faults`, docs/faults.md and the tests read that
list, so there is no fault outside it.

Rules:

- Faults act in the order in which they are written, each on what the one before has made of the answer, and on whole
  events: those that split an event over several writes act last, wherever they are written (`order`).
- A fault that finds nothing to act on raises `NoEffectError`: a fault that silently does nothing is the worst bug that
  a tool of this kind can have. The dry run then refuses the file.
- A fault takes its random numbers, the session's time and the wire from its context, and nothing from anywhere else.

Where things are: a folder for each group and a file for each fault. What the faults share: `answers` reads an answer,
`editing` changes one, `fields` changes fields of its JSON, `deltas` its text and arguments, `places` finds a place in
it, `splitting` cuts events into writes.

To add a fault, follow docs/extending/fault.md.
"""

from mockserver.faults.compiled import CompiledFault, Context, NoEffectError, Stage
from mockserver.faults.order import Applied, WaitingFault, apply_faults, apply_waiting, in_order
from mockserver.faults.table import FAULTS, GROUPS

__all__ = [
    "FAULTS",
    "GROUPS",
    "Applied",
    "CompiledFault",
    "Context",
    "NoEffectError",
    "Stage",
    "WaitingFault",
    "apply_faults",
    "apply_waiting",
    "in_order",
]
