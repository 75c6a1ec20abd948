"""Instances of JSON Schemas: `sampler.sample` makes one that is valid, small and always the same."""
