/** What CloudWatch Logs is asked. */
export interface LogTails {
  /** The lines since `token`, and the token for those to come. */
  read(at: {
    readonly group: string;
    readonly stream: string;
    readonly token?: string | undefined;
    /** All there are, not only the first page of them. */
    readonly toEnd: boolean;
  }): Promise<{ readonly lines: readonly string[]; readonly token?: string | undefined }>;
  close(): void;
}

/** What a task's container says last of all. */
const LAST_LINE = /^Task finished with exit code \d+\.$/;
/** Output reaches CloudWatch somewhat later than its container's end is known. */
const LOOKS = 3;
const WAIT_MILLISECONDS = 500;

/** Follows what one attempt prints. */
export class JobLog {
  readonly stream: string;
  readonly #tails: LogTails;
  readonly #group: string;
  #token: string | undefined;
  #isWhole = false;
  #last: Promise<void> = Promise.resolve();

  constructor(tails: LogTails, { group, stream }: { readonly group: string; readonly stream: string }) {
    this.#tails = tails;
    this.#group = group;
    this.stream = stream;
  }

  /**
   * Hands on the lines since last time; of an attempt that has ended all there are, for which it waits a little. Looks take
   * turns, so that no line comes twice.
   */
  follow(onLine: (line: string) => void, hasEnded: boolean): Promise<void> {
    const look = this.#last.then(() => this.#follow(onLine, hasEnded));
    this.#last = look.catch(() => {});
    return look;
  }

  async #follow(onLine: (line: string) => void, hasEnded: boolean): Promise<void> {
    for (let look = 1; !this.#isWhole; look++) {
      await this.#read(onLine, hasEnded);
      if (!hasEnded || look >= LOOKS || this.#isWhole) return;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MILLISECONDS));
    }
  }

  async #read(onLine: (line: string) => void, toEnd: boolean): Promise<void> {
    try {
      const at = { group: this.#group, stream: this.stream, token: this.#token, toEnd };
      const { lines, token } = await this.#tails.read(at);
      this.#token = token;
      for (const line of lines) onLine(line);
      this.#isWhole = LAST_LINE.test(lines.at(-1) ?? "");
    } catch {
      // The stream may not be there yet, or CloudWatch be busy: `millrace logs` has it later.
    }
  }
}
