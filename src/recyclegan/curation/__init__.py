"""Curation: which pictures of a dataset are alike, odd, dark or blurred, and which are kept."""
