"""The contract suite: what the gateway's documents promise, and how each promise is examined.

It imports nothing of the mock; all that it knows of the gateway is in openapi.yaml and in `promises`. Where to start:

- `promises`: the table. Every promise has a name, a sentence, and the document and section that makes it.
- `exchange`, `sse`, `reply`: one recorded request and its answer, the events in it, and what the answer says.
- `judging`, `conformity`, `framing`, `messages_grammar`, `chat_grammar`, `consistency`, `failures`: judges, pure
  functions over one exchange. Every exchange of a run, or of real traffic, goes past all of them.
- `talk`, `asking`, `scenes`: scenes send requests to find out what no single exchange can show.
- `hooks`, `conftest`, `test_gateway`: the same through `schemathesis run` and `pytest contracts`.
- `fake`: a second gateway, written from the documents alone, that the suite is tested against.
"""
