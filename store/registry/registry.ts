/** Which flows are deployed, and what was started by name. Implemented on DynamoDB and in memory. */
export interface FlowRegistry {
  /** Also a flow that was removed: its past is needed for its next deployment. */
  read(flow: string): Promise<FlowRecord | undefined>;

  /** Writes a record in the place of that with the revision (0: there is none); false where another came before. */
  write(record: FlowRecord, revision: number): Promise<boolean>;

  /**
   * Takes a name for a run to be: `taken` once for each name, again where whoever took it before let `before` pass without
   * saying which run it became.
   */
  claim(claim: Claim, before: number): Promise<Claimed>;

  /** Says which run a name became. */
  settle(flow: string, name: string, run: number): Promise<void>;
}

export interface FlowRecord {
  readonly flow: string;
  /** One more with every write. */
  readonly revision: number;
  readonly version: number;
  /** How often the flow was deployed anew: the N of its namespace. */
  readonly generation: number;
  readonly namespace: string;
  /** The SHA-256 of the production token. */
  readonly tokenDigest: string;
  readonly owner: FlowOwner;
  readonly stateMachineArn: string;
  /** The versions of its machine, the newest last; earlier ones until no run of theirs goes on. */
  readonly versions?: readonly DeployedVersion[];
  readonly codePackage: string;
  /** The blob that holds the graph as JSON. */
  readonly graph: string;
  readonly tags: readonly string[];
  /** Of a flow that an earlier version deployed: the schedule that has its name. */
  readonly schedule?: string | undefined;
  /** The names of all schedules that there may be of it. */
  readonly schedules?: readonly string[];
  /** Its schedules start nothing. */
  readonly paused?: true | undefined;
  readonly deployedAt: number;
  /** A deployment that is under way since then. */
  readonly deployingSince?: number | undefined;
  readonly removed?: true;
}

/** What a run is executed by: the version that was deployed when it was made. */
export interface DeployedVersion {
  readonly versionArn: string;
  /** The machines within it. */
  readonly children: readonly string[];
  readonly codePackage: string;
  readonly graph: string;
  /** The version of the flow's function that carries out its short steps, where it has some. */
  readonly runner?: string;
  /** Since when no run is made for it any more. */
  readonly supersededAt?: number;
}

/** Who deployed a flow first. */
export interface FlowOwner {
  readonly user: string;
  /** Whose signature it was, where that is known. */
  readonly principal?: string | undefined;
}

export interface Claim {
  readonly flow: string;
  readonly name: string;
  readonly at: number;
}

/** `pending`: somebody else is about to. */
export type Claimed =
  | { readonly state: "taken" }
  | { readonly state: "pending" }
  | { readonly state: "settled"; readonly run: number };
