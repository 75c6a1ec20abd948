"""Probes: requests that show what no single exchange can. One file for each part of the contract."""
