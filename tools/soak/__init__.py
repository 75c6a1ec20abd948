"""`make soak`: many mixed requests against a server of our own, each answer compared with the pure engine's."""
