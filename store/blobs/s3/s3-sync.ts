import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { createRequire } from "node:module";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";

/** Reads objects while the thread that asks stands still; a second thread does it, which starts with the first read. */
export interface SyncReader {
  read(
    hash: string,
  ): { readonly bytes: Uint8Array } | { readonly error: { readonly name: string; readonly message: string } };
  close(): void;
}

interface SyncReaderOptions {
  readonly bucket: string;
  readonly prefix: string;
  /** Plain data: it goes to the other thread. Credentials that are a function are looked for there in the usual places. */
  readonly client: S3ClientConfig;
}

/** How long a read may take: all attempts of the largest object on a slow line. */
const PATIENCE_MS = 600_000;

export function openSyncReader({ bucket, prefix, client }: SyncReaderOptions): SyncReader {
  const { port1: ours, port2: theirs } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const config = Object.fromEntries(Object.entries(client).filter(([, value]) => typeof value !== "function"));
  const sdk = createRequire(import.meta.url).resolve("@aws-sdk/client-s3");
  // What the SDK warns of it has said in this thread.
  const worker = new Worker(READER, {
    eval: true,
    workerData: { bucket, prefix, config, sdk, port: theirs, bell },
    transferList: [theirs],
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  });
  worker.unref();
  ours.unref();

  return {
    read(hash) {
      Atomics.store(bell, 0, 0);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, no window
      ours.postMessage(hash);
      if (Atomics.wait(bell, 0, 0, PATIENCE_MS) === "timed-out")
        throw new Error(`Reading ${hash} took more than ten minutes`);
      const { message } = receiveMessageOnPort(ours) as { message: ReturnType<SyncReader["read"]> };
      return "bytes" in message
        ? { bytes: Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength) }
        : message;
    },
    close() {
      void worker.terminate();
    },
  };
}

/**
 * The second thread, as text: it has to start from a bundle as well as from the sources, and a file of its own would be
 * at another place in each. It rings once its answer can be received.
 */
const READER = `
const { workerData: { bucket, prefix, config, sdk, port, bell } } = require("node:worker_threads");
let client;
port.on("message", async (hash) => {
  let answer;
  try {
    const { GetObjectCommand, S3Client } = require(sdk);
    client ??= new S3Client(config);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + hash }));
    const bytes = await Body.transformToByteArray();
    answer = { bytes };
  } catch ({ name, message, code }) {
    answer = { error: { name, message, code } };
  }
  port.postMessage(answer, answer.bytes && answer.bytes.byteLength === answer.bytes.buffer.byteLength ? [answer.bytes.buffer] : []);
  Atomics.store(bell, 0, 1);
  Atomics.notify(bell, 0);
});
`;
