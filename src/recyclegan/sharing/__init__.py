"""A folder with a trained translator and its card, to hand on."""
