import { resolve } from "node:path";
import { findHome } from "../store/home/find-home.ts";
import { openStore } from "../emulator/home.ts";
import { openServer } from "../emulator/server/server.ts";
import { MillraceError } from "../graph/errors.ts";
import type { EmulateFlags } from "./flags.ts";

/** Serves the HTTP API on this machine until it is asked to end. */
export async function emulate({ port, maxWorkers }: EmulateFlags): Promise<number> {
  const store = openStore(homeHere());
  const server = await openServer(store, {
    port,
    ...(maxWorkers && { maxWorkers }),
    onFailure: (error) => console.error(error),
    onSchedules: (flow, expressions) =>
      console.log(
        `${flow} is not started by its ${expressions.length === 1 ? "schedule" : "schedules"} ${expressions.join(", ")} here.`,
      ),
  });
  console.log(`Serving ${store.home} at ${server.url} until Ctrl-C. In another terminal:\n`);
  console.log(`  export MILLRACE_SERVICE_URL=${server.url}`);
  console.log("  npx millrace deploy FILE");
  console.log("  npx millrace trigger FLOW --wait");
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const one of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(one, resolve);
  });
  await server.close();
  await store.close();
  return signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 129;
}

/** The store that is near, else one that is made here. */
function homeHere(): string {
  try {
    return findHome();
  } catch (error) {
    if (error instanceof MillraceError && error.code === "store.missing") return resolve(".millrace");
    throw error;
  }
}
