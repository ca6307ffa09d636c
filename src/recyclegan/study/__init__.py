"""Studies: variants, seeds, budgets and data sets in one command that can be cut and taken up."""
