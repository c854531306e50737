/**
 * List prices in US dollars, us-east-1, Linux on x86 and on demand, as of 2025, without what is free. Sources:
 * aws.amazon.com/{step-functions,fargate,lambda,dynamodb,s3,eventbridge}/pricing; AWS Batch itself costs nothing.
 */
export const PRICES = {
  /** Standard workflows: one state transition. */
  stateTransition: 0.025 / 1_000,
  fargateCpuHour: 0.04048,
  fargateMemoryGiBHour: 0.004445,
  lambdaRequest: 0.2 / 1_000_000,
  lambdaGiBSecond: 0.0000166667,
  /** On-demand tables: a write of up to 1 KiB. */
  tableWrite: 0.625 / 1_000_000,
  /** On-demand tables: a strongly consistent read of up to 4 KiB. */
  tableRead: 0.125 / 1_000_000,
  tableGiBMonth: 0.25,
  objectWrite: 0.005 / 1_000,
  objectRead: 0.0004 / 1_000,
  objectGiBMonth: 0.023,
  customEvent: 1 / 1_000_000,
} as const;
