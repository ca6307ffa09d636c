"""Files that hold a training's state, written so that a kill leaves the one before."""
