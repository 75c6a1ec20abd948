"""Files read and checked: scenarios, accounts, chaos profiles, OpenAPI documents; lint and explain."""
