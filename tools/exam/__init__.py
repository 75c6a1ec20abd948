"""The exam of real clients: `make exam`."""
