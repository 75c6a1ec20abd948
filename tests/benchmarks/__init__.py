"""The pure parts of `benchmarks`: goals, comparison, page, chart, and the reading of what was measured."""
