"""A page in which people try translators."""
