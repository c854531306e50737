// Branches run side by side, each a chain of its own; the join takes from each what it wants to keep.
import { flow } from "millrace";

export default flow("Branches")
  .step("start", () => ({ words: "the quick brown fox jumps over the lazy dog".split(" ") }))
  .branch({
    lengths: (b) => b.step("measure", ({ words }) => ({ longest: Math.max(...words.map((word) => word.length)) })),
    letters: (b) =>
      b
        .step("collect", ({ words }) => ({ letters: new Set(words.join("")) }))
        .step("count", ({ letters }) => ({ distinct: letters.size })),
  })
  .join("end", ({ lengths, letters }) => {
    console.log(`longest word: ${lengths.longest} letters; distinct letters: ${letters.distinct}`);
    return { longest: lengths.longest, distinct: letters.distinct };
  });
