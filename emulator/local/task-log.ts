import { StringDecoder } from "node:string_decoder";
import type { LogRange } from "../../store/ledger/ledger.ts";

const LOOK_MILLISECONDS = 60;
const CHUNK_BYTES = 1 << 20;

interface Output {
  readonly stream: string;
  readonly size: number;
  read(from: number, to: number): Buffer;
}

/**
 * Follows what a worker's tasks print: the bytes of its log, told line by line while a task runs. With nobody to tell
 * it only keeps count.
 */
export class TaskLog {
  #output: Output;
  #tell: ((line: string) => void) | undefined;
  #start: number;
  #told: number;
  #decoder = new StringDecoder("utf8");
  #half = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output, tell: ((line: string) => void) | undefined) {
    this.#output = output;
    this.#tell = tell;
    this.#start = this.#told = output.size;
  }

  /** A page of tasks begins: what is there already is none of theirs. */
  begin(): void {
    if (!this.#tell || this.#timer) return;
    this.#timer = setInterval(() => this.#look(this.#output.size), LOOK_MILLISECONDS);
    this.#timer.unref();
  }

  /** The running task has printed up to here, and no more. */
  takeUpTo(to: number): void {
    this.#look(to);
    this.#endLine();
    this.#start = to;
  }

  /** All that was printed since the last task ended. */
  take(): LogRange | undefined {
    const from = this.#start;
    const to = this.#output.size;
    this.takeUpTo(to);
    return to > from ? { stream: this.#output.stream, from, to } : undefined;
  }

  /** The last of what was printed. */
  tail(): string {
    const { size } = this.#output;
    return this.#output.read(Math.max(this.#start, size - 4096), size).toString("utf8");
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(to: number): void {
    if (!this.#tell) return;
    while (this.#told < to) {
      const bytes = this.#output.read(this.#told, Math.min(to, this.#told + CHUNK_BYTES));
      if (bytes.length === 0) return;
      this.#told += bytes.length;
      const lines = (this.#half + this.#decoder.write(bytes)).split("\n");
      this.#half = lines.pop()!;
      for (const line of lines) this.#tell(line.endsWith("\r") ? line.slice(0, -1) : line);
    }
  }

  /** A task that ends in the middle of a line ends the line. */
  #endLine(): void {
    const rest = this.#half + this.#decoder.end();
    this.#half = "";
    if (rest !== "") this.#tell?.(rest);
  }
}
