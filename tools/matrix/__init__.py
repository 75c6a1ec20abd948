"""The client matrix: real SDKs against every fault of a stream, and the pages that report what they do."""
