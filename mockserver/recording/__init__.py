"""Recording: what a real gateway answered becomes a scenario. Pure: no I/O here, see `mockserver.upstream`."""
