"""督办通 (Duban): the portal of the information and supervision offices of a city."""
