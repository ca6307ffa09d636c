"""Distances between pictures, and between sets of pictures: no weights, no downloads."""
