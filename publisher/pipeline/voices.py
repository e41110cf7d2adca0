"""The rule `counts-as` in linear time: its query walks from every speaker through the whole group.

The query in `rules/90-counts-as.rq` is the definition; a test holds this against it.
"""

from __future__ import annotations

from pyoxigraph import NamedNode, Store, Triple

from publisher.iris import Iris


def counts_as(store: Store, iris: Iris) -> set[Triple]:
    """For each speaker that shares a voice, the speaker of its group whose IRI comes first, if it is another."""
    first: dict[str, str] = {}

    def find(name: str) -> str:
        root = name
        while first.setdefault(root, root) != root:
            root = first[root]
        while first[name] != root:
            first[name], name = root, first[name]
        return root

    for quad in store.quads_for_pattern(None, NamedNode(iris.att("sharesVoiceWith")), None):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            one, other = sorted((find(quad.subject.value), find(quad.object.value)))
            first[other] = one
    predicate = NamedNode(iris.att("countsAs"))
    return {Triple(NamedNode(name), predicate, NamedNode(root)) for name in list(first) if (root := find(name)) != name}
