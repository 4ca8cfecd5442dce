"""The three officers who run the portal and see no business content: their consoles, and acts that take two of them."""
