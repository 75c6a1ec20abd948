"""The resilience exam: a client runs once per case, and each case is a bad day of the gateway.

- `cases` reads the cases: scenarios with an `exam:` header, in scenarios/exam/ and in folders of your own.
- `habits`, `judge` and `grades` are pure: what the client does, what it did wrong, and how good that is.
- `clients` runs a command or asks a service; `runner` gives each case a session of its own, several at a time.
- `results` is the run as a value, from which `reports/` makes every report; `baseline` accepts known failures.
- `plugin` is the exam inside pytest: `@pytest.mark.gateway_exam`.
"""
