"""Instances of JSON Schemas: `sample` makes one that is valid, small and always the same."""

from mockserver.openapi.sampling.sampler import sample
from mockserver.openapi.sampling.schema import SamplingError, find_violation, schema_document

__all__ = ["SamplingError", "find_violation", "sample", "schema_document"]
