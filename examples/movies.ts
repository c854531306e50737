// Statistics of a real data set: a foreach over genres and, beside it, a playlist of the best.
import { flow } from "millrace";
import movies from "../node_modules/vega-datasets/data/movies.json" with { type: "json" };

interface Movie {
  readonly title: string;
  readonly genre: string;
  readonly gross: number;
  readonly rating: number | null;
}

export default flow("Movies", { description: "Quartiles of gross per genre, and a playlist." })
  .step("start", () => {
    const told: Movie[] = movies.flatMap((movie) => {
      const { "Major Genre": genre, "Worldwide Gross": gross } = movie;
      if (typeof genre !== "string" || typeof gross !== "number") return [];
      return [{ title: String(movie.Title), genre, gross, rating: movie["IMDB Rating"] }];
    });
    return { movies: told, genres: [...new Set(told.map(({ genre }) => genre))].toSorted() };
  })
  .branch({
    statistics: (branch) =>
      branch
        .foreach("genres", { as: "genre" }, (each) =>
          each.step("quartiles", ({ genre, movies }) => {
            const gross = movies.filter((movie) => movie.genre === genre).map((movie) => movie.gross);
            const [q1, median, q3] = [0.25, 0.5, 0.75].map((part) => quantile(gross, part));
            return { row: { genre, movies: gross.length, q1: q1!, median: median!, q3: q3! } };
          }),
        )
        .join("table", (genres) => ({ rows: genres.pluck("row") })),
    playlist: (branch) =>
      branch.step("choose", ({ movies }) => ({
        best: movies.toSorted((a, b) => (b.rating ?? 0) - (a.rating ?? 0)).slice(0, 5),
      })),
  })
  .join("report", ({ statistics, playlist }) => ({ statistics: statistics.rows, playlist: playlist.best }))
  .step("end", ({ statistics, playlist }) => {
    console.table(statistics);
    console.table(playlist);
  });

/** The value below which a part of the numbers lies, by linear interpolation between its neighbours. */
function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at - Math.floor(at));
}
