/** Who runs an attempt that a person's own machine carries out: which machine, and which stream of its store has the output. */
export function localAttempt(host: string, stream: string): string {
  return `local/${host.slice(0, 100)}/${stream}`;
}

/** How the streams of a store's logs are called: MONTH/NAME.log. */
const STREAM = /^\d{4}-\d\d[/\\][\w-]+\.log$/;

/** Whether it can be a stream of a store, and no path that leads out of it. */
export function isStoreStream(stream: string): boolean {
  return STREAM.test(stream);
}

/** The opposite of localAttempt; undefined for attempts elsewhere. */
export function parseLocalAttempt(by: string): { readonly host: string; readonly stream: string } | undefined {
  const [, host, stream] = /^local\/([^/]+)\/(\d{4}-\d\d\/[\w-]+\.log)$/.exec(by) ?? [];
  return host === undefined || stream === undefined ? undefined : { host, stream };
}
