"""The training loop, exact resume, and what watches over them."""
