"""What is done with accounts and sign-ins."""
