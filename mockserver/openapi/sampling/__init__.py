"""Instances of JSON Schemas: `sample` makes one that is valid, small and always the same."""

from mockserver.openapi.sampling.sampler import sample
from mockserver.openapi.sampling.schema import SamplingError, schema_document, violations

__all__ = ["SamplingError", "sample", "schema_document", "violations"]
