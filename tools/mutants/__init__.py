"""How good the contract gate is: faulty gateways with one small fault each, and how many of them it catches.

- `relayed`: one exchange on its way through a relay, and how to change it.
- `answers`, `streams`, `requests`: the tables of faults, one row each.
- `catalogue`: all mutants, and one run against one of them.
- `__main__`: `make mutants`, the score of each profile.
"""
