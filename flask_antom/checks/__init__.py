"""The checks of an app: each mistake that can be found, and its cure.

:mod:`.registry` has the list of the checks. Each other room is about one subject.
"""
