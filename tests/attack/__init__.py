"""Hostile requests, and everything that reads them back: nothing may fail because of what a client has sent."""
