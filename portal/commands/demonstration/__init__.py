"""The demonstration city: a real network and a year of instructions, played through the services that people use."""
