"""Attested: a linked-data publisher for contested armed incidents.

Data flows one way: load → validate → infer → attribute → describe → release → store → web.
"""

__version__ = "0.1.0"
