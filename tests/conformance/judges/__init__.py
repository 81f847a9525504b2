"""Judges of a generated bundle: each is a function that returns what is wrong, one sentence per finding."""
