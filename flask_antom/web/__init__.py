"""The HTTP side: routes, requests, responses, and what templates need."""
