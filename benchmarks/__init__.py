"""How fast Flask-Antom is, as ratios to the least that can be done: ``make bench``."""
