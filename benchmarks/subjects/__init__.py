"""The programs that are measured. Each runs in the environment of its side.

They call Flask-Antom by its public interface only, so that any build can be measured.
"""
