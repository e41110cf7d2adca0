// Autocompletion from our own vocabulary. Nothing is asked of another host.

// `att:Den`, `<https://…/ontology#Den` or just `Den`: by IRI, else by a part of the name or of the label.
function matching(terms, typed) {
  const text = (typed ?? "").trim();
  const byIri = terms.filter((term) => text && term.iri.startsWith(text));
  if (byIri.length || text.includes(":")) return byIri;
  const lower = text.toLowerCase();
  return terms.filter((term) => term.short.toLowerCase().includes(lower) || term.label.toLowerCase().includes(lower));
}

function completer(Yasqe, name, kind, terms, isValid) {
  const byIri = new Map(terms.map((term) => [term.iri, term]));
  const like = Yasqe.Autocompleters[kind];
  return {
    ...like,
    name,
    bulk: false,
    autoShow: false,
    persistenceId: null,
    isValidCompletionPosition: isValid ?? like.isValidCompletionPosition,
    get: (yasqe, token) => matching(terms, token?.autocompletionString).map((term) => term.iri),
    postProcessSuggestion: (yasqe, token, iri) => {
      const prefixes = yasqe.getPrefixesFromQuery();
      for (const [prefix, namespace] of Object.entries(prefixes)) {
        if (iri.startsWith(namespace)) return `${prefix}:${iri.slice(namespace.length)}`;
      }
      return `<${iri}>`;
    },
    postprocessHints: (yasqe, hints) =>
      hints.map((hint) => {
        const label = byIri.get(expand(yasqe, hint.text))?.label;
        return { ...hint, displayText: label ? `${hint.text} (${label})` : hint.text };
      }),
  };
}

function expand(yasqe, text) {
  if (text.startsWith("<")) return text.slice(1, -1);
  const at = text.indexOf(":");
  return (yasqe.getPrefixesFromQuery()[text.slice(0, at)] ?? "") + text.slice(at + 1);
}

// Where an object stands: neither a property nor a class can come here.
function isObject(Yasqe) {
  const { property, class: class_ } = Yasqe.Autocompleters;
  return (yasqe) => {
    const token = yasqe.getCompleteToken();
    return (
      token.string.length > 0 &&
      !"?$\"'_".includes(token.string[0]) &&
      !property.isValidCompletionPosition(yasqe) &&
      !class_.isValidCompletionPosition(yasqe)
    );
  };
}

export function registerCompleters(Yasqe, { prefixes, classes, properties, concepts }) {
  const add = (one) => Yasqe.registerAutocompleter(one, false);
  const list = Object.entries(prefixes).map(([prefix, namespace]) => `${prefix}: <${namespace}>`);
  add({ ...Yasqe.Autocompleters.prefixes, persistenceId: null, get: () => list });
  add(completer(Yasqe, "attested-classes", "class", classes));
  add(completer(Yasqe, "attested-properties", "property", properties));
  add(completer(Yasqe, "attested-concepts", "property", concepts, isObject(Yasqe)));
}
