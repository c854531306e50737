const { build } = require("esbuild");
const { join } = require("node:path");

/** The command of the job definition: runtime/container/bootstrap.ts as the text that a container's node is given. */
module.exports = async function jobCommand() {
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, "../runtime/container/bootstrap.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    // Not its syntax: that makes templates of sums, whose marks the variables of serverless.yml have too.
    minifyWhitespace: true,
    minifyIdentifiers: true,
  });
  const module = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`;
  const { BOOTSTRAP_COMMAND } = await import(module);
  if (BOOTSTRAP_COMMAND.some((part) => part.includes("${"))) throw new Error("the bootstrap program has a template");
  return BOOTSTRAP_COMMAND;
};
