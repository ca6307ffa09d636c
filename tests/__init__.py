"""Tests; a package, so that none that other distributions install by this name is taken for it."""
