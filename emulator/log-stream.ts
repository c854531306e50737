/**
 * The name of a stream of the local store's logs, for one process's output: a file below the folder of its month. It need not
 * be a secret, and node:crypto takes 2 ms to load; whoever opens the file sees to it that it is not there already.
 */
export function newLogStream(): string {
  const now = new Date();
  const random = Math.floor(Math.random() * 2 ** 32).toString(16);
  return `${now.toISOString().slice(0, 7)}/${now.getTime().toString(36)}-${random.padStart(8, "0")}.log`;
}
