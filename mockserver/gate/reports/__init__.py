"""Reports of a run, all made from the ledger: terminal, JSON, JUnit, HTML, SARIF, GitHub annotations."""
