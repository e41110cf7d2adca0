"""Citations in a real browser: a reader gets from a page to text, BibTeX and CSL-JSON that say what was cited."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched

Open = Callable[..., Watched]
BASE = "https://w3id.org/attested/"
QUERY = "SELECT ?s { ?s a <https://w3id.org/attested/ontology#Denial> } ORDER BY ?s"


@dataclass(frozen=True)
class Cited:
    """A page, and what its citation says."""

    page: str
    title: str
    kind: str
    url: str


PAGES = {
    "statement": Cited(
        "/doc/statement/jraischan-report-s20.html",
        "Iraq denies that the incident occurred",
        "statement",
        f"{BASE}id/statement/jraischan-report-s20",
    ),
    "perspective": Cited(
        "/perspective/ashab-al-kahf",
        "The world as told by Ashab al-Kahf",
        "perspective",
        f"{BASE}perspective/ashab-al-kahf",
    ),
    "policy": Cited(
        "/policy/undenied", "What nobody on record goes against", "resolution policy", f"{BASE}policy/undenied"
    ),
    "day": Cited(
        "/doc/incident/jraischan-crossing?asOf=2020-08-11",
        "Jraischan crossing incident, as of 11 August 2020",
        "incident",
        f"{BASE}doc/incident/jraischan-crossing?asOf=2020-08-11",
    ),
}


def fields(bibtex: str) -> dict[str, str]:
    """The fields of an entry, without the braces that keep words together."""
    found = re.findall(r"^  (\w+) = \{(.*)\},$", bibtex, re.M)
    return {name: value.removeprefix("{").removesuffix("}") for name, value in found}


def check(watched: Watched, title: str, kind: str, url: str) -> dict[str, str]:
    """The open page of a citation gives it in three forms that agree. The fields of the BibTeX entry."""
    page = watched.page
    expect(page.locator("h1")).to_have_text("How to cite it")
    text = page.locator("main p").first.inner_text()
    entry, csl = (page.locator("main pre").nth(n).inner_text() for n in (0, 1))
    (item,) = json.loads(csl)
    found = fields(entry)
    release = re.search(r"release (\S+) of (\d{4}-\d{2}-\d{2})", text)
    assert release is not None
    assert release[1] == page.request.get(f"{watched.base}healthz").json()["release"]
    assert f"“{title}” [{kind}]" in text
    assert text.endswith(url)
    assert found["title"].replace(r"\_", "_") == title == item["title"]
    assert found["url"] == url == item["URL"]
    assert found["date"] == release[2] == "-".join(f"{part:02}" for part in item["issued"]["date-parts"][0])
    assert found["version"] == f"release {release[1]}"
    assert item["version"] == release[1]
    assert item["genre"] == kind
    assert entry.startswith(f"@misc{{{item['id']},")
    watched.assert_clean()
    return found


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scripts", [True, False])
def test_from_a_page_to_its_citation(watch: Open, name: str, scripts: bool) -> None:
    cited = PAGES[name]
    watched = watch(scripts=scripts)
    watched.go(cited.page)
    page = watched.page
    section = page.locator("section.cite")
    expect(section).to_contain_text(f"“{cited.title}”")
    if not scripts:
        section.get_by_role("link", name="text").click()
        expect(page.locator("main p").first).to_contain_text(cited.url)
        return
    links = [section.get_by_role("link", name=n).get_attribute("href") or "" for n in ("BibTeX", "CSL-JSON")]
    entry, csl = (page.request.get(f"{watched.base}{link.lstrip('/')}") for link in links)
    assert entry.headers["content-type"].startswith("application/x-bibtex")
    assert csl.headers["content-type"].startswith("application/vnd.citationstyles.csl+json")
    section.get_by_role("link", name="text").click()
    page.wait_for_url("**/cite?**")
    found = check(watched, cited.title, cited.kind, cited.url)
    assert fields(entry.text()) == found
    assert csl.json() == json.loads(page.locator("main pre").nth(1).inner_text())
    page.get_by_role("link", name="What is cited").click()
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_result_of_a_query(watch: Open, scripts: bool) -> None:
    """From the result, in the editor or without scripts, to its citation and back."""
    watched = watch(scripts=scripts)
    page = watched.page
    watched.go(f"/sparql?query={quote(QUERY, safe='')}")
    page.locator("a", has_text="Cite the result").click()
    page.wait_for_url("**/cite?**")
    url = (page.get_by_role("link", name="What is cited").get_attribute("href") or "").replace("/", BASE, 1)
    if not scripts:
        expect(page.locator("main p").first).to_contain_text("[query result]")
        return
    found = check(watched, "Result of a query (SELECT)", "query result", url)
    assert re.fullmatch(r"SHA-256 of the query: [0-9a-f]{64}; \d+ rows", found["note"].replace(r"\_", "_"))
    rows = int(found["note"].split("; ")[1].split()[0])
    page.get_by_role("link", name="What is cited").click()
    page.wait_for_url("**/sparql?query=**")
    expect(page.locator("#plain table caption")).to_contain_text(f"{rows} rows")


@pytest.mark.parametrize("name", [*PAGES, "query"])
def test_it_fits_a_narrow_screen(watch: Open, name: str) -> None:
    watched = watch(width=360)
    what = f"query={quote(QUERY, safe='')}" if name == "query" else f"iri={quote(PAGES[name].url, safe='')}"
    watched.go(f"/cite?{what}&format=html")
    expect(watched.page.locator("main pre").first).to_be_visible()
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 360
    watched.assert_clean()
