import { MillraceError } from "../../graph/errors.ts";

/** How long in a row a service may fail to answer. */
export class Patience {
  readonly #service: string;
  readonly #milliseconds: number;
  #since: number | undefined;

  constructor(service: string, milliseconds: number) {
    this.#service = service;
    this.#milliseconds = milliseconds;
  }

  /** It has answered. */
  renew(): void {
    this.#since = undefined;
  }

  /** It has not: MillraceError `account.unreachable` where that goes on for too long, undefined while it may pass. */
  exhausted(error: unknown): MillraceError | undefined {
    const now = Date.now();
    this.#since ??= now;
    if (now - this.#since < this.#milliseconds) return undefined;
    const minutes = Math.round(this.#milliseconds / 60_000);
    return new MillraceError(
      "account.unreachable",
      `${this.#service} has not answered for ${minutes} minutes: ${error instanceof Error ? error.message : String(error)}`,
      { hint: "Look whether the service works in the profile's region, and run again later.", cause: error },
    );
  }
}
