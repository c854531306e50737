import type { AnyFlow, ParametersOf } from "./language/language.ts";
import type { FlowResult } from "./client/results.ts";

export interface RegisterOptions {
  /** The production token, where another person deployed the flow before. */
  readonly token?: string;
  /** Of every run that the deployed flow makes. */
  readonly tags?: readonly string[];
  /** The account's profile; the one in use unless given. */
  readonly profile?: string;
}

export interface Registered {
  readonly flow: string;
  /** From 1, one more with each deployment. */
  readonly version: number;
  /** Where its runs are apart from a person's own: `production:FLOW-N-xxxx`. */
  readonly namespace: string;
  /** What another person must have to deploy this flow: shown once, when it is made. */
  readonly token?: string;
  /** The expressions that start it by themselves, such as `rate(1 hour)`. */
  readonly schedules: readonly string[];
}

export interface TriggerOptions {
  readonly tags?: readonly string[];
  readonly profile?: string;
  /** Waits for the run to end, and answers what every task left. */
  readonly wait?: boolean;
  /** Gives up waiting; the run goes on. */
  readonly signal?: AbortSignal;
}

/** A run that was started in an account. */
export interface TriggeredRun {
  readonly flow: string;
  readonly run: number;
}

/**
 * Deploys a flow to the account whose profile is in use, as the command `millrace deploy` does: its code is bundled and
 * stored, its state machine made or renewed, and what triggers it set up. Throws MillraceError for mistakes in the flow,
 * and `flow.owned` where another person deployed it and the token is missing.
 *
 *     await register(stats);
 *     const result = await trigger(stats, { top: 3 }, { wait: true });
 */
export async function register(flow: AnyFlow | string, options: RegisterOptions = {}): Promise<Registered> {
  const { deployFlow } = await import("./register.ts");
  const registered = await deployFlow(await openClient(options.profile), flow, options);
  const { version, namespace, token } = registered;
  const schedules = registered.schedules.map(({ expression }) => expression);
  return { flow: registered.flow, version, namespace, schedules, ...(token !== undefined && { token }) };
}

/**
 * Starts a run of a deployed flow in the account. The flow is given as the value that a module exports, or by its name.
 * Parameters travel as JSON. With `wait` it resolves once the run has ended, however it ends, with its status and every
 * task's artifacts.
 */
export async function trigger<F extends AnyFlow>(
  flow: F,
  parameters: ParametersOf<F>,
  options: TriggerOptions & { readonly wait: true },
): Promise<FlowResult<F>>;
export async function trigger<F extends AnyFlow>(
  flow: F,
  ...args: Record<string, never> extends ParametersOf<F>
    ? [parameters?: ParametersOf<F>, options?: TriggerOptions]
    : [parameters: ParametersOf<F>, options?: TriggerOptions]
): Promise<TriggeredRun>;
export async function trigger(
  flow: string,
  parameters: Readonly<Record<string, unknown>>,
  options: TriggerOptions & { readonly wait: true },
): Promise<FlowResult<AnyFlow>>;
export async function trigger(
  flow: string,
  parameters?: Readonly<Record<string, unknown>>,
  options?: TriggerOptions,
): Promise<TriggeredRun>;
export async function trigger(
  flow: AnyFlow | string,
  parameters: object = {},
  { tags, profile, wait, signal }: TriggerOptions = {},
): Promise<TriggeredRun | FlowResult<AnyFlow>> {
  const { triggerFlow, runEnd } = await import("./trigger.ts");
  const client = await openClient(profile);
  const run = await triggerFlow(client, typeof flow === "string" ? flow : flow.name, {
    parameters: { ...parameters },
    tags,
  });
  if (!wait) return run;
  const { status, error } = await runEnd(client, run, signal);
  const { readAccountTasks } = await import("./client/read-tasks.ts");
  return readAccountTasks(client, { ...run, status, ...(error && { error }) });
}

async function openClient(profile: string | undefined) {
  const { createClient } = await import("./client/client.ts");
  const { accountProfile } = await import("./client/profiles.ts");
  return createClient(accountProfile(profile));
}
