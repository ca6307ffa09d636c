"""Variants are values: each is the baseline with its declared differences replaced."""
