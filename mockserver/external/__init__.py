"""Bring your own contract: serve any OpenAPI 3.0, 3.1 or 3.2 document beside the gateway's own operations.

The engine sees each external operation as an `Operation` with a `handler`, of which it asks four things: admit, read,
answer, failed. Scenario turns, sessions, faults and the journal work as they do for the gateway's operations.

Each module answers one question:

- `document`: what does the document say, with references followed? `schemas`: its schemas as JSON Schema 2020-12
- `security`: who may call? `parameters`, `bodies`: which requests are valid?
- `answers`: which status and which example, or what generated value? `media`: which media type, and its bytes
- `endpoint`: one operation, put together; `operations`: all operations of a document
- `validate`: what is wrong with a document? (`files.external_document` reads the files)

Evaluated first: openapi-core 0.23 (alive) needs 24 distributions, takes 0.23 s to import and 0.8 ms a request, pins an
old openapi-spec-validator, and generates no answers. From openapi-spec-validator 0.9 (alive; the extra `contract`) this
package takes OpenAPI's own schemas; jsonschema-rs finds the same errors with them in 1 to 10 ms instead of 260. Prance
and similar packages inline every reference.
"""
