"""Datasets: which folders hold what, what is in them, and the stream of training pictures."""
