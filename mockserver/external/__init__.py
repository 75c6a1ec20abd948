"""Bring your own contract: any OpenAPI 3.0, 3.1 or 3.2 document, served beside the gateway's own operations.

The engine sees each foreign operation as a `contract.Operation` with a `guest`, and asks it four things: admit, read,
answer, failed. Everything else (scenario turns, sessions, faults, the journal) is what the gateway's operations have.

Where each question has its module:

- what the document says, references followed: `document`; its schemas as self-contained JSON Schema 2020-12: `schemas`
- who may call: `security`; what a request must be like: `parameters`, `bodies`
- what is answered: `answers` (which status, which example, else generated), `media` (which media type, and its bytes)
- one operation: `endpoint`; a document as operations: `operations`
- files, and the mistakes in them: `reading`, `checks`; OpenAPI's own schemas come from a library

Evaluated first: openapi-core 0.23 (alive) needs 24 distributions, 0.23 s to import and 0.8 ms a request, holds back
openapi-spec-validator, and answers nothing. Of openapi-spec-validator 0.9 (alive; the extra `contract`) we take the
schemas of OpenAPI documents; run by the jsonschema-rs that we have they find the same in 1 to 10 ms instead of 260.
Prance and the like inline every reference.
"""
