"""What reads across features: the desk, where everybody begins."""
