"""Texts for buyers, in their language."""
