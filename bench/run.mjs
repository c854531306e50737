/**
 * Measures what the README says of speed and memory: npm run bench [-- NAME… --json]; with the name `account` what runs
 * ask of an AWS account, as the one on this machine that the tests have counts it. Exits 1 where a bound doesn't hold, 2
 * where a name is none.
 */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { figureRows, measureAccount } from "./account/run.mjs";
import { claims } from "./claims.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } });
const isOfAccount = positionals.includes("account");
const unknown = positionals.filter((name) => name !== "account" && !claims.some((claim) => claim.name === name));
if (unknown.length > 0) {
  console.error(
    `no such benchmark: ${unknown.join(", ")}; there are ${claims.map(({ name }) => name).join(", ")}, account`,
  );
  process.exit(2);
}
const wanted = new Set(
  claims.filter(({ name }) => positionals.includes(name)).flatMap(({ name, needs = [] }) => [...needs, name]),
);
const chosen = wanted.size > 0 || isOfAccount ? claims.filter(({ name }) => wanted.has(name)) : claims;

const results = [];
for (const { name, claim, bound, measure } of chosen) {
  process.stderr.write(`${claim} …\n`);
  const result = { name, claim, bound, ...(await measure()) };
  if (values.json) console.log(JSON.stringify(result));
  results.push(result);
}
const { claims: ofAccount, figures } = isOfAccount ? await measureAccount() : { claims: [], figures: [] };
results.push(...ofAccount);
if (values.json) for (const one of [...ofAccount, ...figures]) console.log(JSON.stringify(one));
else {
  if (results.length > 0) printClaims(results);
  if (figures.length > 0) console.log(`\n${asTable(figureRows(figures))}`);
}
process.exit(results.some(({ holds }) => holds === false) ? 1 : 0);

function printClaims(rows) {
  const cells = [
    ["claim", "bound", "measured", "holds"],
    ...rows.map(({ claim, bound, measured, holds }) => [
      claim,
      bound,
      measured,
      holds === undefined ? "" : holds ? "yes" : "NO",
    ]),
  ];
  console.log(`\nNode ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model.trim()}\n`);
  console.log(asTable(cells));
}

/** As Markdown, for the README; the first row is the heading. */
function asTable(cells) {
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}
