import { findHome } from "../emulator/find-home.ts";
import { openStore, type Store } from "../emulator/home.ts";
import { openSink, type Sink } from "./output/sink.ts";

/** What a command that reads the store needs: the one that is here, and stdout, both closed when it is done. */
export async function reading(work: (store: Store, out: Sink) => Promise<void>): Promise<number> {
  const store = openStore(findHome(), { readonly: true });
  const out = openSink(process.stdout);
  try {
    await work(store, out);
  } finally {
    await out.flush();
    await store.close();
  }
  return 0;
}
