import type { RunEvent } from "../../engine/events.ts";

/** One way to tell how a run goes. */
export interface Output {
  tell(event: RunEvent): void;
  /** Everything told is out once it resolves. */
  end(): Promise<void>;
}
