"""Flask-Antom with other packages. Each module needs its own extra."""
