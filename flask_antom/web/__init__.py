"""The HTTP side: routes, what requests say, how answers look, what templates need."""
