import * as crypto from "node:crypto";
import type {
  AnswerOf,
  BodyOf,
  FinishTaskRequest,
  ReadBranchesRequest,
  ReadBranchesResponse,
  RouteNameFor,
  SignForTaskRequest,
  SignResponse,
  StartTaskRequest,
  StartTaskResponse,
  TASK_TOKEN_HEADER,
} from "../functions/api/contract.ts";
import type { RunKey } from "../graph/run-name.ts";
import { fetchSync } from "./fetch-sync.ts";
import { sendPatiently } from "./patience.ts";
import { routeAddress } from "./route-address.ts";
import { signRequest, type Credentials } from "../aws/signature.ts";
import { readCredentials } from "./task-credentials.ts";

/** What an attempt calls, and what begins one. */
type TaskRoute = RouteNameFor<"task" | "attempt">;
const START = "POST /runs/{flow}/{run}/tasks/start";
const SIGN = "POST /runs/{flow}/{run}/tasks/sign";

/** Where the HTTP API is: MILLRACE_API and AWS_REGION in a task's environment. */
export interface TaskApi {
  readonly url: string;
  readonly region: string;
}

/** The attempt was given up before it said this: nothing that it says counts any more. */
export class AttemptRefused extends Error {
  override readonly name = "AttemptRefused";
}

/** An answer that means neither success nor that the attempt is over: a bug, or rights that are missing. */
class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
}

/** Asks for a task's attempt to begin. */
export async function requestStart(api: TaskApi, run: RunKey, task: StartTaskRequest): Promise<StartTaskResponse> {
  const credentials = new TaskCredentials();
  const signed = async () => sign(api, { run, route: START, body: task }, await credentials.read());
  const response = await sendPatiently(async () => send(await signed()));
  return answerOf(START, response.status, await response.text());
}

/** What an attempt says to the HTTP API once it has begun. */
export class TaskClient {
  readonly #api: TaskApi;
  readonly #run: RunKey;
  readonly #token: string;
  readonly #credentials = new TaskCredentials();

  constructor(api: TaskApi, run: RunKey, token: string) {
    this.#api = api;
    this.#run = run;
    this.#token = token;
  }

  readBranches(request: ReadBranchesRequest): Promise<ReadBranchesResponse> {
    return this.#ask("POST /runs/{flow}/{run}/tasks/branches", request);
  }

  sign(request: SignForTaskRequest): Promise<SignResponse> {
    return this.#ask(SIGN, request);
  }

  /** The same without giving up the thread. */
  signSync(request: SignForTaskRequest): SignResponse {
    const signed = sign(this.#api, this.#request(SIGN, request), this.#credentials.latest);
    const [response] = fetchSync([signed]);
    return answerOf(SIGN, response!.status, Buffer.from(response!.body).toString("utf8"));
  }

  heartbeat(): Promise<AnswerOf<"POST /runs/{flow}/{run}/tasks/heartbeat">> {
    return this.#ask("POST /runs/{flow}/{run}/tasks/heartbeat", {});
  }

  /** Throws AttemptRefused where it comes too late. */
  finish(request: FinishTaskRequest): Promise<AnswerOf<"POST /runs/{flow}/{run}/tasks/finish">> {
    return this.#ask("POST /runs/{flow}/{run}/tasks/finish", request);
  }

  /** Reads the credentials, so that `signSync` has some. */
  async prepare(): Promise<void> {
    await this.#credentials.read();
  }

  async #ask<Name extends RouteNameFor<"attempt">>(route: Name, body: Asking<Name>): Promise<AnswerOf<Name>> {
    const response = await sendPatiently(async () =>
      send(sign(this.#api, this.#request(route, body), await this.#credentials.read())),
    );
    return answerOf(route, response.status, await response.text());
  }

  #request<Name extends TaskRoute>(route: Name, body: Asking<Name>): TaskRequest<Name> {
    return { run: this.#run, route, body, token: this.#token };
  }
}

/** A role's credentials change every few hours, long before which they are read again. */
class TaskCredentials {
  latest: Credentials = { accessKeyId: "", secretAccessKey: "" };
  #goodUntil = 0;

  async read(): Promise<Credentials> {
    if (Date.now() < this.#goodUntil) return this.latest;
    const { expiresAt = Infinity, ...credentials } = await readCredentials(process.env);
    this.#goodUntil = expiresAt - 10 * 60_000;
    return (this.latest = credentials);
  }
}

type Asking<Name extends TaskRoute> = BodyOf<Name> extends object ? BodyOf<Name> : Record<string, never>;

interface Signed {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TOKEN_HEADER: typeof TASK_TOKEN_HEADER = "millrace-token";

interface TaskRequest<Name extends TaskRoute> {
  readonly run: RunKey;
  readonly route: Name;
  readonly body: Asking<Name>;
  readonly token?: string;
}

function sign<Name extends TaskRoute>(
  { url: api, region }: TaskApi,
  { run: key, route, body: content, token }: TaskRequest<Name>,
  credentials: Credentials,
): Signed {
  const { flow, run } = key;
  const address = routeAddress<TaskRoute>(api, route, { flow, run });
  const body = JSON.stringify(content);
  const signed = signRequest(crypto, { ...address, body, region }, credentials);
  return {
    ...address,
    body,
    headers: { ...signed, "content-type": "application/json", ...(token !== undefined && { [TOKEN_HEADER]: token }) },
  };
}

function send({ url, ...init }: Signed): Promise<Response> {
  return fetch(url, init);
}

function answerOf<Name extends TaskRoute>(route: Name, status: number, text: string): AnswerOf<Name> {
  if (status >= 200 && status < 300) return (text === "" ? {} : JSON.parse(text)) as AnswerOf<Name>;
  const action = route.slice(route.lastIndexOf("/") + 1);
  if (status === 409 && /"(attempt\.refused|run\.over)"/.test(text))
    throw new AttemptRefused(`${action} was refused: ${text.slice(0, 1000)}`);
  throw new UnexpectedAnswer(`${action} was answered with status ${status}: ${text.slice(0, 1000)}`);
}
