"""Programs that are examined and are no acts."""
