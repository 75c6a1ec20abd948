"""The contract gate: runs the suite in `contracts` against a gateway, and says what became of each promise.

- `client`: the only sockets. One request, one recorded answer, bounded in time and size.
- `profiles`, `budget`: how much a run may do, counted before anything is sent.
- `probe`: is there a gateway at all? A wrong target ends here, in one clear sentence.
- `runner`: plays the scenes, lets the judges see every exchange, keeps the ledger of promises.
- `reports`, `baseline`: terminal, JSON, JUnit, HTML, SARIF, GitHub annotations; accepted deviations.
- `compare`: is a changed openapi.yaml compatible? `relay`: a validating proxy in front of a gateway.
"""
