"""One loss term a file, each with its paper and equation; weights live in the configuration."""
