"""The run directory: configuration, provenance and the log of events."""
