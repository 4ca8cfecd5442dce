"""What a feature says of itself, as values: the dataclasses of every registration and the one list they are collected in."""
