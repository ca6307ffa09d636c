"""A blind two-choice poll: built from sets of pictures, answered by people, scored."""
