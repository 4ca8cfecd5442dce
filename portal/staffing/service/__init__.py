"""The verbs of the offices that keep people. None commits; each raises a refusal or returns the record."""
