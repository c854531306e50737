/** What the words after a command come to: one type a command, named after it. */

export interface JsonFlag {
  readonly json?: true;
}

export interface RunFlags extends JsonFlag {
  readonly maxWorkers?: number;
  readonly tag?: readonly string[];
  readonly isolate?: true;
  readonly with?: string;
  readonly quiet?: true;
}

export interface ShowFlags extends JsonFlag {
  readonly mermaid?: true;
  readonly asl?: true;
}

export interface PlanFlags extends JsonFlag {
  readonly width?: readonly string[];
  readonly rounds?: readonly string[];
  readonly case?: readonly string[];
  readonly minutes?: readonly string[];
  readonly of?: string;
}

export interface EmulateFlags {
  readonly port: number;
  readonly maxWorkers?: number;
}

export interface RunsFlags extends JsonFlag {
  readonly status?: string;
  readonly tag?: string;
  readonly limit: number;
}

export interface LogsFlags extends JsonFlag {
  readonly attempt?: number;
}

export interface AuthorizeFlags {
  readonly authorize?: string;
  readonly authorizeFile?: string;
}

export interface TokenFlags extends JsonFlag, AuthorizeFlags {}

export interface DeployFlags extends JsonFlag, AuthorizeFlags {
  readonly tag?: readonly string[];
}

export interface TriggerFlags extends JsonFlag {
  readonly wait?: true;
  readonly tag?: readonly string[];
}

export interface DoctorFlags extends JsonFlag {
  readonly jobs: boolean;
}

export interface ConfigureAwsFlags {
  readonly stack: string;
  readonly region?: string;
  readonly name?: string;
}

/** What a command line has besides the flow and the command's own flags: the flow's parameters, as they were written. */
export interface FlowArguments {
  readonly rest: readonly string[];
  /** The command's own, so that a mistyped one is known. */
  readonly knownFlags: readonly string[];
}
