"""What is written to the database, in which transaction.

Knows no gateway and no routes.
"""
