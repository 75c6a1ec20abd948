"""openapi.yaml compiled: operations, routes, request validators; and instances of JSON Schemas."""
