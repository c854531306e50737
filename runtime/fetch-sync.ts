import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { sendPatiently } from "./patience.ts";

export interface SyncRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface SyncResponse {
  readonly status: number;
  readonly body: Uint8Array;
}

type Answer = SyncResponse | { readonly failure: string };

let thread: ReturnType<typeof startThread> | undefined;

/**
 * Fetches without giving up the thread, several at once, for a property read inside a handler: another thread does it,
 * started by the first call. Throws what the network throws once patience is at its end.
 */
export function fetchSync(requests: readonly SyncRequest[]): SyncResponse[] {
  if (requests.length === 0) return [];
  const { flag, port } = (thread ??= startThread());
  const before = Atomics.load(flag, 0);
  port.postMessage(requests);
  Atomics.wait(flag, 0, before);
  const { message } = receiveMessageOnPort(port) as { message: readonly Answer[] };
  return message.map((answer) => {
    if ("failure" in answer) throw new Error(`the network failed: ${answer.failure}`);
    return answer;
  });
}

function startThread() {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(`(${serve})(require, ${sendPatiently})`, {
    eval: true,
    workerData: { flag, port: port2 },
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  return { flag, port: port1 };
}

/** The thread's program; it names nothing outside of itself. */
function serve(require: NodeJS.Require, sendPatiently: (send: () => Promise<Response>) => Promise<Response>): void {
  const { workerData } = require("node:worker_threads") as typeof import("node:worker_threads");
  const { flag, port } = workerData as { flag: Int32Array; port: import("node:worker_threads").MessagePort };
  const answerOne = async ({ url, ...init }: SyncRequest): Promise<Answer> => {
    try {
      const response = await sendPatiently(() => fetch(url, init));
      return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
    } catch (error) {
      const { cause, message } = error as Error;
      return { failure: cause instanceof Error ? cause.message : message };
    }
  };
  port.on("message", (requests: readonly SyncRequest[]) => {
    void Promise.all(requests.map(answerOne)).then((answers) => {
      const memory = answers.flatMap((answer) => ("body" in answer ? [answer.body.buffer as ArrayBuffer] : []));
      port.postMessage(answers, memory);
      Atomics.add(flag, 0, 1);
      Atomics.notify(flag, 0);
    });
  });
}
