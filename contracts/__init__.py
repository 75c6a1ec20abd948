"""The contract suite: what the gateway's documents promise, and how each promise is examined.

It imports nothing of the mock. All that it knows of the gateway is in openapi.yaml and in `promises`. Where to start:

- `promises`: the table. Each promise has a name, a sentence, and the document and section that makes it.
- `exchange`, `sse`, `reply`: a recorded request and its answer, the events in it, and what the model says in it.
- `check`, `checks/`: pure functions over one exchange. Every exchange of a run passes all of them.
- `client`, `probe`, `probes/`: requests that find out what no single exchange can show.
- `suite`: the tables of all checks and all probes.
- `hooks`, `conftest`, `test_gateway`: the entry points for `schemathesis run` and `pytest contracts`.
- `reference`: a second gateway, written from the documents alone, that the suite is tested against.
"""
