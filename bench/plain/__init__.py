"""The plain equivalents: what a careful developer writes by hand in an afternoon for one call path."""
