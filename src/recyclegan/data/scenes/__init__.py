"""Rendered streets whose day and night (or hazy and clear) versions of one geometry are known."""
