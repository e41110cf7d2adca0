"""Places in Turtle sources: literals, comments, escapes, brackets, several files."""

from __future__ import annotations

import pytest

from publisher.errors import Where
from publisher.pipeline.locate import Places, locate, mentions, tokenize

EX = "https://example.org/"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
HEAD = """@prefix ex: <https://example.org/> .
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""


def line(text: str, subject: str, predicate: str | None = None) -> int | None:
    where = locate([("f.ttl", text)], subject, predicate)
    return where.line if where else None


def test_subject_and_predicates_have_their_lines() -> None:
    text = HEAD + 'ex:a a ex:Thing ;\n  rdfs:label "A"@en ,\n    "B"@fr ;\n  ex:p ex:b .\n'
    assert line(text, f"{EX}a") == 3
    assert line(text, f"{EX}a", TYPE) == 3
    assert line(text, f"{EX}a", LABEL) == 4
    assert line(text, f"{EX}a", f"{EX}p") == 6


def test_a_predicate_that_is_missing_gives_the_line_of_the_subject() -> None:
    assert line(HEAD + "\nex:a ex:p 1 .\n", f"{EX}a", f"{EX}q") == 4


def test_a_node_that_is_only_mentioned_gives_the_line_of_the_mention() -> None:
    assert line(HEAD + "ex:a ex:p\n  ex:b .\n", f"{EX}b") == 4


def test_nothing_is_found_of_what_is_not_there() -> None:
    assert line(HEAD + "ex:a ex:p ex:b .\n", f"{EX}c") is None


@pytest.mark.parametrize(
    "literal",
    [
        '"""one\n"two" ; ex:p ex:z .\nthree"""',
        "'''one\n; ex:p 'z' .\nthree'''",
        '"""one\\"""\n. ex:a ex:p\n"""',
    ],
)
def test_long_strings_hide_what_looks_like_turtle(literal: str) -> None:
    text = HEAD + f"ex:a rdfs:label {literal}@en ;\n  ex:p 1 .\n"
    assert line(text, f"{EX}a", f"{EX}p") == 6
    assert line(text, f"{EX}z") is None


def test_comments_and_hashes_in_iris_are_told_apart() -> None:
    text = HEAD + '# ex:a ex:q 1 .\nex:a ex:p <https://example.org/x#y> ; # ; ex:q\n ex:q "#" ; ex:r 1 .\n'
    assert line(text, f"{EX}a", f"{EX}p") == 4
    assert line(text, f"{EX}a", f"{EX}q") == 5
    assert line(text, f"{EX}a", f"{EX}r") == 5
    assert line(text, f"{EX}x#y") == 4


def test_local_names_with_escapes_dots_and_percent_signs() -> None:
    text = HEAD + "ex:a\\,b ex:v1.2 ex:c%20d.\nex:1:2 a ex:T.\n"
    assert line(text, f"{EX}a,b") == 3
    assert line(text, f"{EX}a,b", f"{EX}v1.2") == 3
    assert line(text, f"{EX}c%20d") == 3
    assert line(text, f"{EX}1:2", TYPE) == 4


def test_iris_with_unicode_escapes_and_relative_ones() -> None:
    text = "@base <https://example.org/d/> .\n<caf\\u00e9> <p> <#x> .\n<https://example.org/full> <p> 1 .\n"
    assert line(text, f"{EX}d/café") == 2
    assert line(text, f"{EX}full", f"{EX}d/p") == 3


def test_brackets_and_lists_do_not_end_a_block() -> None:
    text = HEAD + "ex:a ex:p [ ex:q ex:b ; ex:r 1.5 ] , ( ex:c\n 2 ) ;\n  ex:s true .\n[] ex:p\n ex:d .\nex:e ex:p 1 ."
    assert line(text, f"{EX}a", f"{EX}s") == 5
    assert line(text, f"{EX}a", f"{EX}q") == 3  # not a predicate of ex:a, so its subject
    assert line(text, f"{EX}c") == 3
    assert line(text, f"{EX}d") == 7
    assert line(text, f"{EX}e", f"{EX}p") == 8


def test_a_block_with_a_trailing_semicolon() -> None:
    text = HEAD + "ex:a ex:p 1 ;\n .\nex:b ex:p 2 ."
    assert line(text, f"{EX}b", f"{EX}p") == 5


def test_among_several_blocks_the_one_with_the_predicate_wins() -> None:
    files = [("one.ttl", HEAD + "ex:a ex:p 1 .\n"), ("two.ttl", HEAD + "\n\nex:a\n  ex:q 2 .\n")]
    places = Places(files, {f"{EX}a"})
    assert places.find(f"{EX}a", f"{EX}q") == Where("two.ttl", 6)
    assert places.find(f"{EX}a", f"{EX}p") == Where("one.ttl", 3)
    assert places.find(f"{EX}a", f"{EX}other") == Where("one.ttl", 3)


def test_windows_line_ends_are_counted_once() -> None:
    assert line((HEAD + "ex:a ex:p 1 ;\n ex:q 2 .\n").replace("\n", "\r\n"), f"{EX}a", f"{EX}q") == 4


def test_blank_nodes_and_literals_are_no_mentions() -> None:
    found = [(m.role, m.iri) for m in mentions(HEAD + '_:b ex:p "ex:c"^^ex:D , -1.5e3 , true , _:c .\n')]
    assert found == [("predicate", f"{EX}p"), ("object", f"{EX}D")]


def test_text_that_is_no_turtle_passes_without_an_error() -> None:
    assert [t.kind for t in tokenize('"open \n{ ¬')] == ["other", "word", "other", "other"]
    assert list(mentions("}} ;;; [ ( . \n @prefix")) == []
