"""The support page in Chromium."""
