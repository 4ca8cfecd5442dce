"""The verbs of the network. None commits; each raises a refusal or returns the record."""
