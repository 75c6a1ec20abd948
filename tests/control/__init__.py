"""The control API under `/_mock/`, as strangers try to break it."""
