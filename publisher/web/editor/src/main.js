// The editor at /sparql. The page works without it: the plain form is hidden only once the editor stands.
import Yasgui from "@zazuko/yasgui";
import "@zazuko/yasgui/build/yasgui.min.css";
import "./editor.css";
import { registerCompleters } from "./completers.js";

async function start() {
  const place = document.getElementById("editor");
  if (!place) return;
  const given = place.dataset;
  const response = await fetch(given.terms, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${given.terms} answered ${response.status}`);
  const terms = await response.json();

  const plain = document.getElementById("plain");
  const query = document.getElementById("query").value;
  const endpoint = new URL(given.endpoint, location.href).href;
  place.hidden = false;
  registerCompleters(Yasgui.Yasqe, terms);
  const yasgui = new Yasgui(document.getElementById("yasgui"), {
    persistenceId: `attested${given.endpoint}`,
    copyEndpointOnNewTab: false,
    populateFromUrl: (tab) => {
      tab.requestConfig.endpoint = endpoint;
      return tab;
    },
    requestConfig: {
      endpoint,
      method: "POST",
      acceptHeaderGraph: "text/turtle",
      acceptHeaderSelect: "application/sparql-results+json",
      defaultGraphs: JSON.parse(given.defaultGraphs),
      namedGraphs: JSON.parse(given.namedGraphs),
    },
    yasqe: {
      value: terms.query,
      prefixCcApi: null,
      createShortLink: undefined,
      autocompleters: ["prefixes", "attested-classes", "attested-properties", "attested-concepts", "variables"],
    },
    yasr: { prefixes: terms.prefixes },
  });
  plain.hidden = true;

  localiseLinks(place, terms.base, given.root);
  const open = (name, text) =>
    yasgui.addTab(true, { name, yasqe: { value: text } }, { avoidDuplicateTabs: true });
  if (given.open === "yes") {
    const tab = open(given.name || "From the link", query);
    if (given.run === "yes") tab.query().catch(() => {});
  }
  fillChooser(terms.examples, given.example, open);
}

// Canonical IRIs stay in the data; a link leads to where the reader is.
function localiseLinks(place, base, root) {
  const turn = (node) => {
    for (const link of node.querySelectorAll("a[href]")) {
      const href = link.getAttribute("href");
      if (!href.startsWith(base)) continue;
      link.setAttribute("href", `${root}/${href.slice(base.length)}`);
      link.removeAttribute("target");
    }
  };
  new MutationObserver((changes) => {
    for (const change of changes)
      for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) turn(node.parentNode ?? node);
  }).observe(place, { childList: true, subtree: true });
  turn(place);
}

function fillChooser(examples, current, open) {
  const chooser = document.getElementById("example");
  const lesson = document.getElementById("lesson");
  chooser.append(...examples.map((example) => new Option(example.title, example.name)));
  const explain = () => {
    const example = examples.find((e) => e.name === chooser.value);
    lesson.textContent = example ? example.lesson : "";
    return example;
  };
  chooser.addEventListener("change", () => {
    const example = explain();
    if (example) open(example.title, example.query);
  });
  if (current) chooser.value = current;
  explain();
  chooser.closest("p").hidden = examples.length === 0;
}

start().catch((error) => console.error("The editor did not start; the form below works.", error));
