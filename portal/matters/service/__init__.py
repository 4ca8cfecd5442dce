"""One function per verb of the office. Each loads through the seam, judges, moves through the engine, and raises a
refusal or returns the record; none commits."""
