"""How fast Flask-Antom is, as ratios to the least possible work: ``make bench``."""
