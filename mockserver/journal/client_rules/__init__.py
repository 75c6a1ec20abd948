"""What a client can do wrong, one file a rule; `verdict` applies every rule of the table.

A rule looks at what the journal has recorded and yields evidence: the requests concerned, and what shows the mistake.
Where a correct client can explain what was recorded, it yields nothing. The rules judge what a client did on the wire;
whether its program coped with the answers is for the test to check.

To add a rule, copy a file of this folder and add its name to `TABLE` (docs/extending/verdict-rule.md).
"""

from importlib import import_module

from mockserver.journal.client_rules.rule import ClientLimits, ClientRule, Evidence, RuleContext

__all__ = ["RULES", "TABLE", "ClientLimits", "ClientRule", "Evidence", "RuleContext"]

TABLE = (
    "retry_after_ignored",
    "retried_in_vain",
    "gave_up_early",
    "no_back_off",
    "credits_ignored",
    "truncated_accepted",
    "error_event_ignored",
    "invalid_arguments_used",
    "tool_result_mismatched",
    "thinking_changed",
    "unbounded_history",
    "key_leaked",
    "no_read_timeout",
    "too_concurrent",
)
"""The files of this folder that are rules, in the order in which a verdict lists their findings."""


def _rule(module: str) -> ClientRule:
    """Return the rule of a file of this folder."""
    rule: ClientRule = import_module(f"{__name__}.{module}").RULE
    return rule


RULES: tuple[ClientRule, ...] = tuple([_rule(module) for module in TABLE])
