"""Many sets of pictures at once: every one beside the real ones and beside every other."""
