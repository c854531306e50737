import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixedKey } from "../aws/s3/signing-keys.ts";
import { createApp } from "../functions/api/app.ts";
import { graphCache } from "../functions/api/graph-cache.ts";
import type { Machines } from "../aws/step-functions/machines.ts";
import type { Graph } from "../graph/graph.ts";
import { buildCodeArchive } from "../runtime/package/code-archive.ts";
import { unpackArchive } from "../store/code/code-archive.ts";
import { ARCHIVED } from "../store/code/code-archive-files.ts";
import { openMemoryRegistry } from "../store/registry/memory-registry.ts";
import { FlowCode } from "./flow-code.ts";
import { openStore } from "./home.ts";
import { blobUrls } from "./server/blob-urls.ts";

const FLOWS = join(import.meta.dirname, "../test/support/world-flows.ts");

/** A store in a folder of its own, and the code of a flow of test/support/world-flows.ts. */
export async function openFlow(exportName: string) {
  const home = mkdtempSync(join(tmpdir(), "millrace-world-"));
  const code = await FlowCode.open({ file: FLOWS, exportName }, { home });
  const store = openStore(home);
  const { graph } = await code.describe();
  return {
    code,
    store,
    graph: graph as Graph,
    async close() {
      code.close();
      await store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The HTTP API over the flow's store, and its code as containers have it. */
export async function serveFlow(exportName: string) {
  const opened = await openFlow(exportName);
  const { code, store } = opened;
  const { ledger, blobs } = store;
  const key = Buffer.alloc(32, 1);
  let url = "";
  const signer = blobUrls(blobs, key, () => url);
  const machines = { stop: async () => {} } as unknown as Machines;
  const common = { ledger, blobs, registry: openMemoryRegistry(), lineageOf: graphCache(blobs), now: Date.now };
  const calls = { ...common, signer, keys: fixedKey(key) };
  const app = new Hono();
  const api = createApp({
    signerOf: () => ({ as: "person" }),
    runs: { ...common, machines },
    tasks: calls,
    sign: calls,
  });
  app.all("/blobs/:hash", ({ req }) => signer.answer(req.raw));
  app.all("*", ({ req }) => api.fetch(req.raw));
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const archive = await buildCodeArchive(code.codePackage);
  await blobs.write(archive.hash, [archive.bytes]);
  for (const [name, text] of Object.entries(unpackArchive(archive.bytes))) writeFileSync(join(store.home, name), text);
  return {
    ...opened,
    calls,
    ending: () => ({ ...common, machines }),
    codePackage: archive.hash,
    tasks: {
      api: { url, region: "local" },
      maxWorkers: 4,
      runtime: join(store.home, ARCHIVED.runtime),
      flowModule: join(store.home, ARCHIVED.flow),
      root: store.home,
      logs: store.logs,
      env: { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" },
    },
    async close() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await opened.close();
    },
  };
}
