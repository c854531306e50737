import { createHash } from "node:crypto";
import { NAME_SEPARATOR } from "../graph/flow-name.ts";

/**
 * The names of what a deployment makes in its account as flows are deployed and run, which all stages share:
 *
 *     state machine          STACK__FLOW            80 characters at most
 *     one within a run       STACK__FLOW.DIGEST     80
 *     job definition         STACK__FLOW__STEP      128
 *     runner function        STACK__FLOW            64
 *     the same, a person's   STACK__own__FLOW__OF   64, so that people may be let call these alone
 *     schedule               FLOW__DIGEST           64
 *
 * (Quotas: Step Functions developer guide; Batch API reference, RegisterJobDefinition; Lambda API reference,
 * CreateFunction; EventBridge Scheduler API reference, CreateSchedule.) Schedules are in a group that has the stack's name.
 *
 * serverless.yml has the prefix a second time, for the rights and the event rule; test/aws/template.test.ts holds the two
 * together.
 */
export interface StackNames {
  /** What all of these names begin with: `millrace-dev__`. */
  readonly prefix: string;
  machine(flow: string): string;
  jobDefinition(flow: string, step: string): string;
  /** `of` is whoever has one of their own: letters, digits, `_` and `-`. */
  runner(flow: string, of?: string): string;
  /** `what` is all that makes a schedule of the flow another one. */
  schedule(flow: string, what: string): string;
  /** What the names of people's own runner functions begin with. */
  readonly ownRunners: string;
  /** What everything is tagged with that is made at run time. */
  readonly tags: Readonly<Record<string, string>>;
  /** The same, and the flow that it is made for. */
  tagsOf(flow: string): Readonly<Record<string, string>>;
  /** Whether something with these tags was made by this deployment. */
  isOwn(tags: Readonly<Record<string, string>> | undefined): boolean;
}

/** A stack, which has its stage's name in its own: `millrace-dev`, `dev`. */
export interface Stack {
  readonly stack: string;
  readonly stage: string;
}

export const STACK_TAG = "millrace:stack";
const STAGE_TAG = "millrace:stage";
export const FLOW_TAG = "millrace:flow";

/** Characters that a name may have. */
const LONGEST = { machine: 80, jobDefinition: 128, function: 64, schedule: 64 } as const;

/** Hexadecimal digits of a SHA-256 that are enough to know it from anything else. */
const DIGITS = 16;

export function stackNames({ stack, stage }: Stack): StackNames {
  const prefix = `${stack}${NAME_SEPARATOR}`;
  const tags = { [STACK_TAG]: stack, [STAGE_TAG]: stage };
  const ownRunners = `${prefix}own${NAME_SEPARATOR}`;
  return {
    prefix,
    ownRunners,
    machine: (flow) => nameOf(prefix, [flow], LONGEST.machine),
    jobDefinition: (flow, step) => nameOf(prefix, [flow, step], LONGEST.jobDefinition),
    runner: (flow, of) =>
      of === undefined ? nameOf(prefix, [flow], LONGEST.function) : nameOf(ownRunners, [flow, of], LONGEST.function),
    schedule: (flow, what) => {
      const digest = digestOf([flow, what]);
      return `${flow.slice(0, LONGEST.schedule - NAME_SEPARATOR.length - DIGITS)}${NAME_SEPARATOR}${digest}`;
    },
    tags,
    tagsOf: (flow) => ({ ...tags, [FLOW_TAG]: flow }),
    isOwn: (found) => found?.[STACK_TAG] === stack,
  };
}

/** The name of a machine within a flow's runs, by what is in it: no flow's name has a dot, so no flow's own has such a name. */
export function machineWithin(prefix: string, flow: string, definition: string): string {
  const digest = digestOf([flow, definition]);
  return `${prefix}${flow.slice(0, LONGEST.machine - prefix.length - 1 - DIGITS)}.${digest}`;
}

/**
 * A name that is too long has a digest for its end and is as long as may be; one that would be just as long by itself is
 * shortened too, so that neither is ever the other's.
 */
function nameOf(prefix: string, parts: readonly string[], longest: number): string {
  const name = prefix + parts.join(NAME_SEPARATOR);
  if (name.length < longest) return name;
  return `${name.slice(0, longest - NAME_SEPARATOR.length - DIGITS)}${NAME_SEPARATOR}${digestOf(parts)}`;
}

function digestOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, DIGITS);
}
