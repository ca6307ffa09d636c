"""CycleGAN-turbo, a peer: SD-Turbo adapted to translate in one step."""
