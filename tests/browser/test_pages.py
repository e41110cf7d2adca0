"""Pages in a real browser: without scripts, on a narrow screen, and never with a script that is not ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched

Open = Callable[..., Watched]

PAGES = [
    "/",
    "/incidents",
    "/statements",
    "/doc/incident/jraischan-crossing.html",
    "/doc/statement/jraischan-report-s20.html",
    "/doc/agent/ashab-al-kahf.html",
    "/doc/incident/jraischan-crossing?asOf=2020-08-11",
    "/perspective/ashab-al-kahf?with=iraq",
    "/policy/any-claim",
    "/releases",
    "/cite?iri=https://w3id.org/attested/policy/undenied&format=html",
    "/ontology.html",
    "/shapes.html",
    "/catalog.html",
    "/dumps/",
    "/examples",
    "/examples/who-denies",
    "/sparql",
    "/sparql?example=debate-graph",
    "/graph/derived.html",
]


@pytest.mark.parametrize("path", PAGES)
def test_renders_without_scripts(watch: Open, path: str) -> None:
    watched = watch(scripts=False)
    watched.go(path)
    expect(watched.page.locator("h1")).to_be_visible()
    expect(watched.page.locator("main")).not_to_be_empty()
    assert watched.complaints == []


def test_a_query_runs_without_scripts(watch: Open) -> None:
    watched = watch(scripts=False)
    watched.go("/sparql?example=who-denies")
    page = watched.page
    expect(page.locator("#editor")).to_be_hidden()
    page.click("#plain button")
    expect(page.locator("table caption")).to_contain_text("rows")
    expect(page.locator("td", has_text="Iraq (state)").first).to_be_visible()


@pytest.mark.parametrize("path", PAGES)
def test_no_sideways_scrolling_on_a_narrow_screen(watch: Open, path: str) -> None:
    watched = watch(width=360)
    watched.go(path)
    watched.page.wait_for_load_state("networkidle")
    width = watched.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    watched.assert_clean()


def test_a_day_is_asked_for_without_scripts(watch: Open) -> None:
    watched = watch(scripts=False)
    watched.go("/doc/incident/jraischan-crossing.html")
    page = watched.page
    page.fill("#day", "2020-08-11")
    page.click("form.day button")
    expect(page.locator(".banner")).to_contain_text("As of 11 August 2020")
    expect(page.locator("#undatable")).to_be_visible()


def test_two_accounts_are_set_side_by_side_without_scripts(watch: Open) -> None:
    watched = watch(scripts=False)
    watched.go("/perspective/iraq")
    watched.page.select_option("#with", "ashab-al-kahf")
    watched.page.click("form:not(.day) button")
    expect(watched.page.locator("h1")).to_contain_text("side by side")
    expect(watched.page.locator("#clashes")).to_have_text("Where they clash 4")


def test_a_printed_incident_has_no_cut_tables(watch: Open) -> None:
    watched = watch(width=720)
    watched.go("/doc/incident/jraischan-crossing.html")
    watched.page.emulate_media(media="print")
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 720
    assert watched.page.locator(".wide").count() > 3
    assert watched.page.evaluate("[...document.querySelectorAll('.wide')].every(e => e.scrollWidth <= e.clientWidth)")
