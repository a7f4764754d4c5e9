"""The shop's own tests: ``python -m pytest example_app/tests``."""
