"""Everything that reads and writes the database, and its transactions.

It does not import the gateway or the routes.
"""
