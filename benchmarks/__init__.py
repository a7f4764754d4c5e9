"""The speed of Flask-Antom, as ratios to the least possible work: ``make bench``."""
