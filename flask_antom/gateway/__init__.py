"""The calls to Antom, and Antom's messages: signed, sent, read.

Knows no Flask and no database.
"""
