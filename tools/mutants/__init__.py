"""How good is the contract gate? Faulty gateways, one small fault each, and how many of them it catches.

- `shot`: one answer on its way through, and how to change it.
- `table` and `streams`: the faults, one function each.
- `__main__`: `make mutants`: the score per profile and per check, and the survivors.
"""
