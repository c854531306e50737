import * as crypto from "node:crypto";
import type {
  FinishTaskRequest,
  FinishTaskResponse,
  HeartbeatResponse,
  ReadBranchesRequest,
  ReadBranchesResponse,
  SignForTaskRequest,
  SignResponse,
  StartTaskRequest,
  StartTaskResponse,
} from "../functions/api/contract.ts";
import type { RunKey } from "../graph/run-name.ts";
import { fetchSync } from "./fetch-sync.ts";
import { sendPatiently } from "./patience.ts";
import { signRequest, type Credentials } from "../aws/signature.ts";
import { readCredentials } from "./task-credentials.ts";

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
export async function startTask(api: TaskApi, run: RunKey, task: StartTaskRequest): Promise<StartTaskResponse> {
  const credentials = new TaskCredentials();
  const signed = async () => sign(api, run, "start", task, await credentials.read());
  const response = await sendPatiently(async () => send(await signed()));
  return answerOf<StartTaskResponse>("start", response.status, await response.text());
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
    return this.#ask("branches", request);
  }

  sign(request: SignForTaskRequest): Promise<SignResponse> {
    return this.#ask("sign", request);
  }

  /** The same without giving up the thread. */
  signSync(request: SignForTaskRequest): SignResponse {
    const signed = sign(this.#api, this.#run, "sign", request, this.#credentials.latest, this.#token);
    const [response] = fetchSync([signed]);
    return answerOf("sign", response!.status, Buffer.from(response!.body).toString("utf8"));
  }

  heartbeat(): Promise<HeartbeatResponse> {
    return this.#ask("heartbeat", {});
  }

  /** Throws AttemptRefused where it comes too late. */
  finish(request: FinishTaskRequest): Promise<FinishTaskResponse> {
    return this.#ask("finish", request);
  }

  /** Reads the credentials, so that `signSync` has some. */
  async prepare(): Promise<void> {
    await this.#credentials.read();
  }

  async #ask<T>(action: string, body: object): Promise<T> {
    const response = await sendPatiently(async () =>
      send(sign(this.#api, this.#run, action, body, await this.#credentials.read(), this.#token)),
    );
    return answerOf<T>(action, response.status, await response.text());
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

interface Signed {
  readonly url: string;
  readonly method: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function sign(
  { url: api, region }: TaskApi,
  { flow, run }: RunKey,
  action: string,
  content: object,
  credentials: Credentials,
  token?: string,
): Signed {
  const url = `${api}/runs/${encodeURIComponent(flow)}/${run}/tasks/${action}`;
  const body = JSON.stringify(content);
  const signed = signRequest(crypto, { method: "POST", url, body, region }, credentials);
  return {
    url,
    method: "POST",
    body,
    headers: { ...signed, "content-type": "application/json", ...(token !== undefined && { "millrace-token": token }) },
  };
}

function send({ url, ...init }: Signed): Promise<Response> {
  return fetch(url, init);
}

function answerOf<T>(action: string, status: number, text: string): T {
  if (status >= 200 && status < 300) return (text === "" ? {} : JSON.parse(text)) as T;
  if (status === 409 && /"(attempt\.refused|run\.over)"/.test(text))
    throw new AttemptRefused(`${action} was refused: ${text.slice(0, 1000)}`);
  throw new UnexpectedAnswer(`${action} was answered with status ${status}: ${text.slice(0, 1000)}`);
}
