"""Namespaces and prefixes, once. Terms of our own vocabulary come from `iris.Iris.att`."""

from __future__ import annotations

CANONICAL_BASE = "https://w3id.org/attested/"
"""The base that the sources are written with; `Settings.base_iri` replaces it on loading."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SH = "http://www.w3.org/ns/shacl#"
PROV = "http://www.w3.org/ns/prov#"
DCTERMS = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
VOID = "http://rdfs.org/ns/void#"
OA = "http://www.w3.org/ns/oa#"
SCHEMA = "https://schema.org/"
SD = "http://www.w3.org/ns/sparql-service-description#"
FOAF = "http://xmlns.com/foaf/0.1/"
VANN = "http://purl.org/vocab/vann/"
SPDX = "http://spdx.org/rdf/terms#"
SSSOM = "https://w3id.org/sssom/"
SEMAPV = "https://w3id.org/semapv/vocab/"
EDTF = "http://id.loc.gov/datatypes/edtf/"
GEO = "http://www.opengis.net/ont/geosparql#"
WGS84 = "http://www.w3.org/2003/01/geo/wgs84_pos#"
WD = "http://www.wikidata.org/entity/"

FOREIGN_PREFIXES = {
    "dcat": DCAT,
    "dcterms": DCTERMS,
    "edtf": EDTF,
    "foaf": FOAF,
    "geo": GEO,
    "oa": OA,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "sd": SD,
    "semapv": SEMAPV,
    "sh": SH,
    "skos": SKOS,
    "spdx": SPDX,
    "sssom": SSSOM,
    "vann": VANN,
    "void": VOID,
    "wd": WD,
    "wgs84": WGS84,
    "xsd": XSD,
}
