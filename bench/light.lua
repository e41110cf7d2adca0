-- wrk script: light queries, each with other constants so that no cache holds them.
-- wrk -t1 -c8 -d8s -s bench/light.lua http://127.0.0.1:PORT -- PATH [fixed]
local n, seed = 0, 0
local path, fixed
local id = "https://w3id.org/attested/id/"
local templates = {
  "PREFIX att: <https://w3id.org/attested/ontology#> SELECT ?speaker ?stance WHERE { <" .. id .. "statement/s-%d-%d> att:speaker ?speaker ; att:stance ?stance }",
  "PREFIX att: <https://w3id.org/attested/ontology#> SELECT ?s ?speaker WHERE { ?s att:proposition <" .. id .. "proposition/q-%d-%d> ; att:speaker ?speaker }",
}
local function encode(text)
  return (text:gsub("[^%w%-%._~]", function(c) return string.format("%%%02X", c:byte()) end))
end
function setup(thread) thread:set("seed", os.time() % 100000) end
function init(args)
  path, fixed = args[1] or "/query", args[2] == "fixed"
  math.randomseed(seed)
  n = math.random(0, 1000000)
end
function request()
  if not fixed then n = n + 7919 end
  local query = string.format(templates[n % 2 + 1], n % 9000, math.floor(n / 9000) % 2) .. (fixed and "" or " LIMIT " .. (n + 10))
  return wrk.format("GET", path .. "?query=" .. encode(query), { Accept = "application/sparql-results+json" })
end
