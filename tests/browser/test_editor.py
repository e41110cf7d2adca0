"""The editor in a real browser: it runs, it completes, and it talks to nobody but us."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched

pytestmark = pytest.mark.usefixtures("bundle")

Open = Callable[..., Watched]
ACTIVE = "#yasgui .tabPanel.active"
ROWS = f"{ACTIVE} .yasr table tbody tr"


def ready(watched: Watched, path: str = "/sparql") -> None:
    watched.go(path)
    expect(watched.page.locator(f"{ACTIVE} .CodeMirror")).to_be_visible()
    expect(watched.page.locator("#plain")).to_be_hidden()


def run(watched: Watched) -> None:
    watched.page.click(f"{ACTIVE} .yasqe_queryButton")


def test_an_example_is_chosen_and_run(watch: Open) -> None:
    watched = watch()
    ready(watched)
    page = watched.page
    assert page.locator("#example option").count() > 25
    page.select_option("#example", "who-denies")
    assert "proposition" in page.inner_text("#lesson")
    run(watched)
    expect(page.locator(ROWS).first).to_be_visible()
    expect(page.locator(ROWS, has_text="Iraq (state)")).to_have_count(1)
    link = page.locator(f"{ROWS} a.iri").first
    href = link.get_attribute("href") or ""
    assert href.startswith("/id/statement/")
    watched.assert_clean()
    link.click()
    page.wait_for_url("**/doc/statement/**")
    assert page.locator("h1").inner_text()


@pytest.mark.parametrize("name", ["nothing-is-asserted", "debate-graph", "describe-a-statement"])
def test_each_form_of_query_has_a_result(watch: Open, name: str) -> None:
    watched = watch()
    ready(watched, f"/sparql?example={name}")
    page = watched.page
    assert page.input_value("#example") == name
    run(watched)
    expect(page.locator(f"{ACTIVE} .yasr .yasr_results")).not_to_be_empty()
    expect(page.locator(f"{ACTIVE} .yasr .errorResult")).to_have_count(0)
    if name != "nothing-is-asserted":
        expect(page.locator(ROWS).first).to_be_visible()
    watched.assert_clean()


def test_a_link_with_a_query_runs_it(watch: Open) -> None:
    watched = watch()
    query = "SELECT%20(1%20AS%20?one)%20{}"
    ready(watched, f"/sparql?query={query}")
    expect(watched.page.locator(ROWS)).to_have_count(1)
    watched.assert_clean()


@pytest.mark.parametrize(
    ("before", "typed", "offered"),
    [
        ("?s a ", "att:Den", "att:Denial"),
        ("?s a ", "Contradic", "att:Contradiction"),
        ("?s ", "att:spea", "att:speaker"),
        ("?s ", "polar", "att:polarity"),
        ("?s att:stance ", "att:not", "att:notConfirmed"),
    ],
)
def test_completes_from_our_vocabulary(watch: Open, before: str, typed: str, offered: str) -> None:
    watched = watch()
    ready(watched)
    page = watched.page
    prologue = "PREFIX att: <https://w3id.org/attested/ontology#>\nSELECT * {\n"
    page.evaluate(
        "([text]) => { const editor = document.querySelector('.tabPanel.active .CodeMirror').CodeMirror;"
        "editor.setValue(text); editor.focus(); editor.setCursor({ line: 2, ch: 999 }); }",
        [f"{prologue}{before}\n}}"],
    )
    page.keyboard.type(typed)
    page.keyboard.press("Control+Space")
    hint = page.locator(".CodeMirror-hints li", has_text=offered).first
    expect(hint).to_be_visible()
    hint.click()
    text = page.evaluate("document.querySelector('.tabPanel.active .CodeMirror').CodeMirror.getValue()")
    assert f"{before}{offered}" in text
    watched.assert_clean()


def test_a_prefix_is_added_when_it_is_typed(watch: Open) -> None:
    watched = watch()
    ready(watched)
    page = watched.page
    page.evaluate(
        "() => { const editor = document.querySelector('.tabPanel.active .CodeMirror').CodeMirror;"
        "editor.setValue('SELECT * {\\n  ?s a \\n}'); editor.focus(); editor.setCursor({ line: 1, ch: 999 }); }"
    )
    page.keyboard.type("att:")
    page.wait_for_function(
        "document.querySelector('.tabPanel.active .CodeMirror').CodeMirror.getValue()"
        ".includes('PREFIX att: <https://w3id.org/attested/ontology#>')"
    )
    watched.assert_clean()


def test_an_error_is_shown_with_its_message(watch: Open) -> None:
    watched = watch()
    ready(watched, "/sparql?example=who-denies")
    page = watched.page
    page.evaluate("document.querySelector('.tabPanel.active .CodeMirror').CodeMirror.setValue('SELECT * {')")
    run(watched)
    expect(page.locator(f"{ACTIVE} .yasr")).to_contain_text("does not parse")
    assert watched.violations() == []
