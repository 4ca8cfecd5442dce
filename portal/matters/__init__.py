"""What every kind of matter shares: assign, forward, acknowledge, progress, report, sign, review, extend, urge, close."""
