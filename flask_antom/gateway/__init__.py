"""Calls to Antom, and Antom's messages: to sign, send, verify and parse them.

It does not import Flask or the database.
"""
