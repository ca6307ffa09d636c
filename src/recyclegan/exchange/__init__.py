"""Weights to and from the public CycleGAN code."""
