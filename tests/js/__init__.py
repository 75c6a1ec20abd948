"""The npm package in js/, in the real runners and with the real SDKs."""
