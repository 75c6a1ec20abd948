"""The reference gateway, written from the documents alone, against which the suite is tested."""
