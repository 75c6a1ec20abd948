"""Two gateways side by side: the same questions to both, and where the answers differ. A fake beside the real one."""
