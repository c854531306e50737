import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createApp } from "../../functions/api/app.ts";
import { graphCache } from "../../functions/api/graph-cache.ts";
import { openMemoryRegistry } from "../../store/registry/memory-registry.ts";
import { MillraceError } from "../../graph/errors.ts";
import { offlineResources } from "../../statemachines/resources.ts";
import type { Store } from "../home.ts";
import { blobUrls } from "./blob-urls.ts";
import { Executions } from "./executions.ts";
import { claimStore } from "./sole-server.ts";

export interface ServerOptions {
  /** 0: a free one. */
  readonly port: number;
  /** How many tasks run at the same time at most, of each run; as many as there are processors unless told. */
  readonly maxWorkers?: number;
  /** Told of what no caller did wrong. */
  readonly onFailure: (error: unknown) => void;
  /** Told of a flow whose schedule nothing here goes by. */
  readonly onSchedule: (flow: string, expression: string) => void;
}

export interface LocalServer {
  readonly url: string;
  /** Stops the runs that it carries out, and listening. */
  close(): Promise<void>;
}

/**
 * Serves the HTTP API of an account on this machine, over the store that `millrace run` keeps: flows are deployed to it,
 * triggered and read as in an account. Which flows are deployed it knows as long as it lives. Throws MillraceError
 * `server.port`, `server.running`.
 */
export async function openServer(
  store: Store,
  { port, onFailure, onSchedule, ...options }: ServerOptions,
): Promise<LocalServer> {
  const giveBack = claimStore(store.home);
  const key = randomBytes(32);
  let url = "";
  const signer = blobUrls(store.blobs, key, () => url);
  const { ledger, blobs } = store;
  const common = { ledger, blobs, registry: openMemoryRegistry(), lineageOf: graphCache(blobs), now: Date.now };
  const calls = { ...common, signer, key: async () => key };
  const machines: Executions = new Executions({
    ...options,
    store,
    calls,
    ending: () => ({ ...common, machines }),
    url: () => url,
    onFailure,
  });
  const { queues } = offlineResources;
  const api = createApp({
    register: {
      ...common,
      signer,
      machines,
      schedules: { put: async (flow, expression) => onSchedule(flow, expression), remove: async () => {} },
      // Every step is a process of this machine, whatever it asks for.
      jobs: { put: async () => offlineResources.jobDefinition.default, remove: async () => {} },
      resources: { ...offlineResources, queues: { ...queues, ec2: queues.onDemand, gpu: queues.onDemand } },
      storeRanges: async () => {},
    },
    runs: { ...common, machines },
    tasks: calls,
    sign: calls,
    onFailure,
  });
  const app = new Hono();
  app.all("/blobs/:hash", ({ req }) => signer.answer(req.raw));
  app.all("*", async ({ req }) => {
    const { host } = new URL(req.url);
    // Neither a page in a browser nor a name that leads here by somebody else's wish gets in.
    const isOwn = url.endsWith(`//${host}`) && req.header("authorization")?.startsWith("AWS4-HMAC-SHA256 ") === true;
    return isOwn ? api.fetch(req.raw) : new Response('{"message":"Forbidden"}', { status: 403 });
  });
  await endForsakenRuns(store);
  const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (cause: NodeJS.ErrnoException) => {
      giveBack();
      reject(
        cause.code === "EADDRINUSE" || cause.code === "EACCES"
          ? new MillraceError("server.port", `port ${port} can't be used (${cause.code})`, {
              hint: "Give another with --port; 0 is a free one.",
              cause,
            })
          : cause,
      );
    });
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async close() {
      await machines.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      giveBack();
    },
  };
}

/** Ends the runs of a server that was killed. */
async function endForsakenRuns({ ledger }: Store): Promise<void> {
  const { items } = await ledger.listRuns({ status: "running", limit: 1000 });
  const error = { name: "Lost", message: "the server that carried it out was killed" };
  for (const run of items.filter(({ owner }) => owner === undefined)) {
    const at = Date.now();
    await ledger.endRunningAttempts(run, { status: "failed", at, error });
    await ledger.updateRun(run, { status: "failed", finishedAt: at, error }, "running");
  }
}
