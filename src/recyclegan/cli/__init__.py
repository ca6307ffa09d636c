"""The command line: each file one command."""
