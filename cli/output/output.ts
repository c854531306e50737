import type { RunEvent } from "../../engine/events.ts";

/** One way to show how a run goes. */
export interface Output {
  emit(event: RunEvent): void;
  /** All that was emitted is out once it resolves. */
  end(): Promise<void>;
}
