"""Pictures: which files count, how they are read, resized, turned into tensors and laid out."""
