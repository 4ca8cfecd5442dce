"""联络员: the list of those below a unit, and the drives by which units are asked to name theirs."""
