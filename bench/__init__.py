"""How fast the portal is, and how much slower with a hundred or a thousand times the matters."""
