import type { BatchAttempt, BatchExit, BatchJob } from "./job.ts";

/** A job as AWS Batch describes it, as far as a run looks at it. Source: AWS Batch API reference, "JobDetail". */
export interface DescribedJob extends BatchJob {
  readonly arrayProperties?:
    | { readonly statusSummary?: Readonly<Record<string, number>> | undefined; readonly size?: number | undefined }
    | undefined;
  readonly container?: (NonNullable<BatchJob["container"]> & Streamed & Logged) | undefined;
  readonly attempts?: readonly DescribedAttempt[] | undefined;
}

interface DescribedAttempt extends BatchAttempt {
  readonly startedAt?: number | undefined;
  readonly stoppedAt?: number | undefined;
  readonly container?: (BatchExit & Streamed) | undefined;
}

interface Streamed {
  readonly logStreamName?: string | undefined;
}

interface Logged {
  readonly logConfiguration?: { readonly options?: Readonly<Record<string, string>> | undefined } | undefined;
}
