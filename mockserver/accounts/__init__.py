"""Who is calling, what a plan grants, what an answer costs: keys, tokens, plans, the ledger, sessions."""
