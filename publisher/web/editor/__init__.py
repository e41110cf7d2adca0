"""The SPARQL editor: its sources, and the script that bundles them."""
