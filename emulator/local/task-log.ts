import { OutputLines } from "../output-lines.ts";
import type { LogRange } from "../../store/ledger/ledger.ts";

const LOOK_MILLISECONDS = 60;
const CHUNK_BYTES = 1 << 20;

interface Output {
  readonly stream: string;
  readonly size: number;
  read(from: number, to: number): Buffer;
}

/**
 * Follows what a worker's tasks print: the bytes of its log, emitted line by line while a task runs. With nobody to emit
 * it only keeps count.
 */
export class TaskLog {
  #output: Output;
  #lines: OutputLines | undefined;
  #start: number;
  #emitted: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output, emit: ((line: string) => void) | undefined) {
    this.#output = output;
    this.#lines = emit && new OutputLines(emit);
    this.#start = this.#emitted = output.size;
  }

  /** A page of tasks begins: what is there already is none of theirs. */
  begin(): void {
    if (!this.#lines || this.#timer) return;
    this.#timer = setInterval(() => this.#look(this.#output.size), LOOK_MILLISECONDS);
    this.#timer.unref();
  }

  /** The running task has printed up to here, and no more. */
  takeUpTo(to: number): void {
    this.#look(to);
    this.#lines?.end();
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
    if (!this.#lines) return;
    while (this.#emitted < to) {
      const bytes = this.#output.read(this.#emitted, Math.min(to, this.#emitted + CHUNK_BYTES));
      if (bytes.length === 0) return;
      this.#emitted += bytes.length;
      this.#lines.write(bytes);
    }
  }
}
