"""A comparison as pictures for a paper: light, legible, and clear to the colour-blind."""
