"""People in the network: who is appointed and leaves, what is handed over, the liaison officers and how they are found."""
