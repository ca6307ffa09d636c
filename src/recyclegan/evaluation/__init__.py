"""How good a translation is: figures beside trivial baselines, with their uncertainty."""
