"""A trained generator applied to pictures."""
