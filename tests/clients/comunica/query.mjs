// node query.mjs '<query>' '<sources as JSON>': writes the result as JSON, bindings as in the results format.
import { QueryEngine } from "@comunica/query-sparql";

const [query, sources] = process.argv.slice(2);
const result = await new QueryEngine().query(query, { sources: JSON.parse(sources) });
const term = (t) => (t.termType === "Literal" ? { value: t.value, language: t.language } : { value: t.value });

let output;
if (result.resultType === "boolean") {
  output = await result.execute();
} else if (result.resultType === "bindings") {
  const rows = await (await result.execute()).toArray();
  output = rows.map((row) => Object.fromEntries([...row].map(([name, value]) => [name.value, term(value)])));
} else {
  const quads = await (await result.execute()).toArray();
  output = quads.map((quad) => [quad.subject.value, quad.predicate.value, quad.object.value]);
}
process.stdout.write(JSON.stringify(output));
