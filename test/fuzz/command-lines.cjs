// Carries out command lines, given as JSON, one after the other with the built program; answers their exit codes as JSON.
const { join } = require("node:path");
const { readFileSync, writeFileSync } = require("node:fs");

const [program, given, answer] = process.argv.slice(2);
const { main } = require(join(program, "commands.cjs"));
const loadRun = () => require(join(program, "run.cjs"));
const written = (_, encoding, done) => {
  const called = typeof encoding === "function" ? encoding : done;
  if (called) process.nextTick(called);
  return true;
};
process.stdout.write = written;
let said = "";
process.stderr.write = (text, ...rest) => {
  said += text;
  return written(text, ...rest);
};

void (async () => {
  const codes = [];
  for (const args of JSON.parse(readFileSync(given, "utf8"))) {
    said = "";
    const code = await main(args, loadRun);
    codes.push({ code, said: said.slice(0, 2000) });
  }
  writeFileSync(answer, JSON.stringify({ codes, memory: process.memoryUsage().rss }));
  process.exit(0);
})();
