"""Reading and checking of files: scenarios, accounts, chaos profiles and OpenAPI documents; lint and explain."""
