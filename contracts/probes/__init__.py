"""Scenes: what is found out by asking. One file for each part of the contract."""

from mockserver.contracts.probes import account, auth, conversation, errors, generated, robustness

ALL = (conversation, auth, errors, robustness, account, generated)
