"""Antom payments for Flask."""
