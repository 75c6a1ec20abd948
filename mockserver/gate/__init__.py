"""The contract gate: runs the suite in `contracts` against a gateway and reports what became of each promise.

- `options`, `complete_run`: what the operator chose, and a run with its baseline.
- `client`: the only sockets. One request, one recorded answer, bounded in time and size.
- `profiles`, `budget`: how much a run may do, counted before anything is sent.
- `reachability`: whether there is a gateway at all. A wrong target ends the run here, in one clear sentence.
- `runner`, `results`: runs the probes, lets the checks see every exchange, keeps the results.
- `causes`, `grades`, `pace`, `previous_run`: what the results say together, and beside an earlier run.
- `reports`: terminal, JSON, JUnit, HTML, SARIF, GitHub annotations. `baseline`: accepted deviations.
- `contract_diff`: whether a changed openapi.yaml is compatible. `proxy`, `relay`: a checking proxy in front of a
gateway.
"""
