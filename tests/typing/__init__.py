"""Shops as typed hosts write them: what mypy and pyright see of the package.

Both pass ``host_app`` and ``host_models`` in strict mode. In ``must_fail``, each marked
line is an error to both; ``tests/project/test_typing.py`` compares.
"""
