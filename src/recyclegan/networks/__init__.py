"""The generators, the discriminators and their parts; every argument is a plain value."""
