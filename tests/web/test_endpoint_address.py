"""The service description says where queries can be sent to: where the reader is."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.vocab import CANONICAL_BASE
from publisher.web import create_app


def endpoint(client: FlaskClient, **headers: str) -> str:
    answer = client.get("/sparql", headers={"Accept": "application/n-triples", **headers})
    lines = answer.get_data(as_text=True).splitlines()
    (found,) = [line.split()[2] for line in lines if "sparql-service-description#endpoint>" in line]
    return found


def test_address_of_the_reader(client: FlaskClient) -> None:
    assert endpoint(client, Host="data.example:8080") == "<http://data.example:8080/sparql>"


@pytest.mark.parametrize("host", ['a"b', "a<b", "x y", "a/b", "ex.org:99999"])
def test_unusable_host(client: FlaskClient, host: str) -> None:
    assert endpoint(client, Host=host) == f"<{CANONICAL_BASE}sparql>"


@pytest.mark.parametrize("host", ["xn--exmple-cua", "[::1]:80"])
def test_odd_host(client: FlaskClient, host: str) -> None:
    assert endpoint(client, Host=host).endswith("/sparql>")


def test_behind_a_proxy(mini: Settings) -> None:
    app: Flask = create_app(Settings(releases=mini.releases, trusted_proxies=1))
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "data.example", "X-Forwarded-Prefix": "/att"}
    assert endpoint(app.test_client(), **headers) == "<https://data.example/att/sparql>"
