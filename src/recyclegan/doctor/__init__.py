"""What a machine has for this program, what is wrong with it, and how to mend that."""
