import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packValue } from "../store/artifacts/pack.ts";
import type { Manifest } from "../store/artifacts/manifest.ts";
import { ForeachBranches } from "../store/artifacts/open-artifacts.ts";
import { TaskBlobs } from "./task-blobs.ts";

/** A store on a thread of its own, since reading gives up no thread. It answers only once `together` requests wait. */
const STORE = `
const { createServer } = require("node:http");
const { parentPort } = require("node:worker_threads");
const blobs = new Map();
let together = 1, waiting = [], requests = 0;
const server = createServer((request, response) => {
  requests++;
  waiting.push(() => {
    const bytes = blobs.get(request.url.slice(1));
    response.writeHead(bytes ? 200 : 403).end(bytes);
  });
  if (waiting.length >= together) waiting.splice(0).forEach((answer) => answer());
});
parentPort.on("message", (told) => {
  if (told.blobs) told.blobs.forEach(([hash, bytes]) => blobs.set(hash, bytes));
  if (told.together) { together = told.together; requests = 0; }
  parentPort.postMessage({ requests });
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

let server: Worker;
let url: string;
const branches: Manifest[] = [];

async function tell(message: object): Promise<{ requests: number }> {
  const answer = new Promise<{ requests: number }>((resolve) => server.once("message", resolve));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  server.postMessage(message);
  return answer;
}

beforeAll(async () => {
  server = new Worker(STORE, { eval: true });
  url = `http://127.0.0.1:${await new Promise<number>((resolve) => server.once("message", resolve))}`;
  const blobs: (readonly [string, Uint8Array])[] = [];
  for (let i = 0; i < 8; i++) {
    const { ref, blob } = packValue({ i, text: createHash("sha512").update(String(i)).digest("hex").repeat(20) });
    blobs.push([blob!.hash, Buffer.concat(blob!.bytes)]);
    branches.push({ fit: ref });
  }
  await tell({ blobs });
});
afterAll(() => server.terminate());

/** A task that may read all of it, given the URLs of those for which `hasUrl` holds. */
function open(hasUrl: (position: number) => boolean): { blobs: TaskBlobs; signatures: string[][] } {
  const signatures: string[][] = [];
  const blobs = new TaskBlobs({
    sign: () => Promise.reject(new Error("nothing is written")),
    signSync({ reads }) {
      signatures.push(reads.map(({ hash }) => hash));
      return { reads: Object.fromEntries(reads.map(({ hash }) => [hash, `${url}/${hash}`])), writes: {} };
    },
  });
  const hashes = branches.map(({ fit }) => ("blob" in fit! ? fit.blob : ""));
  blobs.allow(hashes.map((hash, i) => ({ hash, grant: "g", ...(hasUrl(i) && { url: `${url}/${hash}` }) })));
  return { blobs, signatures };
}

const numbers = (fits: readonly unknown[]) => fits.map((fit) => (fit as { i: number }).i);

test("a join gets its branches' values together, each once, however it reads them", async () => {
  for (const read of [
    (of: ForeachBranches) => of.pluck("fit"),
    (of: ForeachBranches) => of.map((branch) => branch["fit"]),
    (of: ForeachBranches) => Array.from(of, (branch) => branch["fit"]),
  ]) {
    await tell({ together: 8 });
    const { blobs } = open(() => true);
    expect(numbers(read(new ForeachBranches(branches, blobs)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await tell({})).toEqual({ requests: 8 });
  }
});

test("those without a URL are signed for by one request", async () => {
  await tell({ together: 1 });
  const { blobs, signatures } = open((position) => position < 3);
  expect(numbers(new ForeachBranches(branches, blobs).pluck("fit"))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(signatures.map(({ length }) => length)).toEqual([5]);
});

test("what one reader changes in a value's memory, no other sees", async () => {
  await tell({ together: 1 });
  const { blobs } = open(() => true);
  const [first] = branches;
  blobs.ahead(branches.map(({ fit }) => fit!));
  const hash = "blob" in first!["fit"]! ? first!["fit"].blob : "";
  blobs.read(hash).fill(0);
  expect(createHash("sha256").update(blobs.read(hash)).digest("hex")).toBe(hash);
});
