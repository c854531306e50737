import { StringDecoder } from "node:string_decoder";

/** Makes lines of the bytes that a process prints, which come in pieces that end anywhere. */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  #decoder = new StringDecoder("utf8");
  #half = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(bytes: Buffer): void {
    const lines = (this.#half + this.#decoder.write(bytes)).split("\n");
    this.#half = lines.pop()!;
    for (const line of lines) this.#onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  /** What was printed ends here; in the middle of a line it ends the line. */
  end(): void {
    const rest = this.#half + this.#decoder.end();
    this.#half = "";
    if (rest !== "") this.#onLine(rest.endsWith("\r") ? rest.slice(0, -1) : rest);
  }
}
