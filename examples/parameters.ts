// Parameters are artifacts that the run begins with, checked before it begins. Any Standard Schema will do; here zod.
// npx millrace run examples/parameters.ts --help
// npx millrace run examples/parameters.ts --top 3 --genre drama --genre comedy
import { flow } from "millrace";
import { z } from "zod";

export default flow("Parameters", {
  description: "Prints what it was given.",
  params: {
    top: z.number().int().positive().default(5).describe("how many to show"),
    genre: z.array(z.string()).default(["drama"]).describe("genres, one flag each"),
    since: z.coerce.date().optional().describe("leave out what is older"),
    verbose: z.boolean().default(false).describe("say more"),
  },
}).step("start", ({ top, genre, since }, { parameters, tags }) => {
  console.log(`the ${top} best of ${genre.join(" and ")}${since ? ` since ${since.getFullYear()}` : ""}`);
  if (parameters.verbose) console.log({ parameters: { ...parameters }, tags });
});
