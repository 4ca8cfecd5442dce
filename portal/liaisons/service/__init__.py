"""The verbs of the secretariat and of the units it asks. None commits; each raises a refusal or returns the record."""
