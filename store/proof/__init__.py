"""What anybody can check without us: the tree, signed checkpoints, the chain of keys, timestamps, the kit."""
