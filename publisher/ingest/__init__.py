"""Importers: tables of others to sources of ours, one importer for each family, its mapping declared as data.

Nothing here knows the build: an importer writes Turtle files and a `source.toml` into a folder below `data/`.
"""
