/**
 * List prices in US dollars, without what is free each month and without volume discounts. GB on a price list is taken as
 * GiB. SOURCES says where each was read; ESTIMATED names those that were not read on a page that quotes AWS's own list,
 * or that AWS changes all the time.
 */
export const PRICED = { region: "us-east-1", asOf: "the first half of 2026" } as const;

export const PRICES = {
  /** Standard workflows: one state transition. */
  stateTransition: 0.025 / 1_000,
  /** Linux on x86, which the job definition's containers are: it names no other architecture. By the second, a minute at least. */
  fargateCpuHour: 0.04048,
  fargateMemoryGiBHour: 0.004445,
  /** What a Spot container costs of the price above: AWS says "up to 70 % off" and changes it; half is the dear end. */
  fargateSpotShare: 0.5,
  /** A public IPv4 address, which a container has in the public network. */
  addressHour: 0.005,
  lambdaRequest: 0.2 / 1_000_000,
  /** Functions on arm64. */
  lambdaGiBSecond: 0.0000133334,
  /** HTTP APIs: a request and its answer of up to 512 KiB. */
  apiRequest: 1 / 1_000_000,
  /** On-demand tables: a write of up to 1 KiB; in a transaction it counts twice. */
  tableWrite: 0.625 / 1_000_000,
  /** On-demand tables: a strongly consistent read of up to 4 KiB. */
  tableRead: 0.125 / 1_000_000,
  tableGiBMonth: 0.25,
  /** PUT. */
  objectWrite: 0.005 / 1_000,
  /** GET and HEAD. */
  objectRead: 0.0004 / 1_000,
  objectGiBMonth: 0.023,
  /** What comes into CloudWatch Logs. */
  logGiB: 0.5,
  /** A start by EventBridge Scheduler. */
  scheduledStart: 1 / 1_000_000,
  /** An event that somebody puts on a bus of their own; those of AWS services, which ends of runs are, cost nothing. */
  customEvent: 1 / 1_000_000,
} as const;

export type Price = keyof typeof PRICES;

/** AWS Batch itself costs nothing. */
export const SOURCES: Readonly<Record<Price, string>> = {
  stateTransition: "aws.amazon.com/step-functions/pricing",
  fargateCpuHour: "aws.amazon.com/fargate/pricing, quoted in March 2026",
  fargateMemoryGiBHour: "aws.amazon.com/fargate/pricing, quoted in March 2026",
  fargateSpotShare: "aws.amazon.com/fargate/pricing: up to 70 % off; seen between 50 % and 70 % in 2026",
  addressHour: "aws.amazon.com/vpc/pricing, since February 2024",
  lambdaRequest: "aws.amazon.com/lambda/pricing, quoted in May 2026",
  lambdaGiBSecond: "aws.amazon.com/lambda/pricing, first tier on Arm, quoted in May 2026",
  apiRequest: "aws.amazon.com/api-gateway/pricing, first 300 million, quoted in 2026",
  tableWrite: "aws.amazon.com/dynamodb/pricing/on-demand, since November 2024, quoted in July 2025",
  tableRead: "aws.amazon.com/dynamodb/pricing/on-demand, since November 2024, quoted in July 2025",
  tableGiBMonth: "aws.amazon.com/dynamodb/pricing",
  objectWrite: "aws.amazon.com/s3/pricing, Standard, not read there itself",
  objectRead: "aws.amazon.com/s3/pricing, Standard, not read there itself",
  objectGiBMonth: "aws.amazon.com/s3/pricing, Standard, not read there itself",
  logGiB: "aws.amazon.com/cloudwatch/pricing, Standard class, quoted in June 2026",
  scheduledStart: "aws.amazon.com/eventbridge/pricing, quoted in March 2026",
  customEvent: "aws.amazon.com/eventbridge/pricing, quoted in March 2026",
};

export const ESTIMATED: ReadonlySet<Price> = new Set<Price>([
  "fargateSpotShare",
  "objectWrite",
  "objectRead",
  "objectGiBMonth",
]);
