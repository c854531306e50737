import type { Writable } from "node:stream";

/** Text on its way to a stream in few large writes: a line at a time costs more than the task that printed it. */
export interface Sink {
  write(text: string): void;
  /** Whether somebody still reads: a reader that is gone, as in `| head`, is no error. */
  readonly isRead: boolean;
  /** Resolves once the reader keeps up, so that what is still to come is not held in memory. */
  drained(): Promise<void>;
  /** Everything written is out once it resolves. */
  flush(): Promise<void>;
}

const CHUNK_CHARACTERS = 1 << 16;

export function openSink(stream: Writable): Sink {
  let pending = "";
  let scheduled: NodeJS.Immediate | undefined;
  let isRead = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    isRead = false;
  });
  const send = () => {
    clearImmediate(scheduled);
    scheduled = undefined;
    const text = pending;
    pending = "";
    if (text !== "" && isRead) stream.write(text);
  };
  return {
    write(text) {
      pending += text;
      if (pending.length >= CHUNK_CHARACTERS) send();
      else scheduled ??= setImmediate(send);
    },
    get isRead() {
      return isRead;
    },
    async drained() {
      if (stream.writableNeedDrain && isRead)
        await new Promise<void>((resolve) => stream.once("drain", resolve).once("close", resolve));
    },
    async flush() {
      send();
      if (isRead) await new Promise<void>((resolve) => stream.write("", () => resolve()));
    },
  };
}
