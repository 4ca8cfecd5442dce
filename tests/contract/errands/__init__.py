"""交办小事, a small further kind of matter: what the contract is tried with. It stands as a feature of the portal would, in one
folder, and is registered by one value; nothing else is edited for it."""
