"""What can go wrong in a training, one kind of trouble a file."""
