/** How long the end of a task may wait to be written, while its worker has more to do. */
const FLUSH_MILLISECONDS = 10;

export interface EndWriterOptions<T> {
  /** Writes ends to the ledger, all at once. */
  readonly write: (ends: readonly T[]) => Promise<unknown>;
  /** Called for each, in their order, once it is written. */
  readonly onWritten: (end: T) => void;
  /** Called once nothing is left to write. */
  readonly onIdle: () => void;
  readonly onError: (error: unknown) => void;
}

/** Writes the ends of tasks a batch at a time: what ends while one is being written makes the next. */
export class EndWriter<T> {
  readonly #options: EndWriterOptions<T>;
  #ends: T[] = [];
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EndWriterOptions<T>) {
    this.#options = options;
  }

  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  add(end: T): void {
    this.#ends.push(end);
  }

  /** Soon: further ends may come along. */
  flushLater(): void {
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MILLISECONDS);
  }

  /** Now; resolves once all is written that there is. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return (this.#writing ??= Promise.resolve().then(() => this.#write()));
  }

  async #write(): Promise<void> {
    const { write, onWritten, onError, onIdle } = this.#options;
    try {
      while (this.#ends.length > 0) {
        const ends = this.#ends.splice(0);
        await write(ends);
        for (const end of ends) onWritten(end);
      }
    } catch (error) {
      onError(error);
    } finally {
      this.#writing = undefined;
    }
    onIdle();
  }
}
