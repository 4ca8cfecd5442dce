"""People, passwords, sessions as rows, lock-out, and the form that an expired session kept."""
