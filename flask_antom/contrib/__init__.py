"""Flask-Antom together with other packages; each needs its own extra."""
