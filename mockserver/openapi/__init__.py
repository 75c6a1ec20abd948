"""The compiled contract: operations, routes, request validators; and instances of JSON Schemas (`sampling`)."""
