"""ReCycleGAN: turn pictures of one kind into another from two unpaired folders."""
