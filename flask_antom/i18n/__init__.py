"""What buyers read, in their language."""
