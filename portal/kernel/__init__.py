"""The ground floor: database base, the tenant, the clock, refusals, language, plain text. Knows no feature."""
