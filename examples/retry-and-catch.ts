// A step that fails is tried again; where it may fail for good, the flow goes on with what is known of the failure.
import { flow } from "millrace";

export default flow("RetryAndCatch")
  .step(
    "fetch",
    { retry: { attempts: 3, backoff: "50ms", jitter: true }, timeout: "30s" },
    (_, { attempt, signal }) => {
      signal.throwIfAborted();
      if (attempt < 3) throw new Error(`the service is busy (attempt ${attempt})`);
      return { rows: 42 };
    },
  )
  .step("enrich", { catch: true }, ({ rows }): { extra: number } => {
    throw new RangeError(`no model for ${rows} rows`);
  })
  .step("end", ({ rows, extra, failure }) => {
    console.log(failure ? `${rows} rows, not enriched: ${failure.message}` : `${rows} rows, ${extra} extra`);
  });
