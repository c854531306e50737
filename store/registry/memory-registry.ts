import type { FlowRecord, FlowRegistry } from "./registry.ts";

/** A registry for as long as the process lives. */
export function openMemoryRegistry(): FlowRegistry {
  const records = new Map<string, FlowRecord>();
  const claims = new Map<string, { at: number; run?: number }>();
  return {
    read: async (flow) => records.get(flow),
    async write(record, revision) {
      if ((records.get(record.flow)?.revision ?? 0) !== revision) return false;
      records.set(record.flow, { ...record, revision: revision + 1 });
      return true;
    },
    async claim({ flow, name, at }, before) {
      const key = `${flow}/${name}`;
      const known = claims.get(key);
      if (known?.run !== undefined) return { state: "settled", run: known.run };
      if (known && known.at >= before) return { state: "pending" };
      claims.set(key, { at });
      return { state: "taken" };
    },
    async settle(flow, name, run) {
      const key = `${flow}/${name}`;
      claims.set(key, { ...claims.get(key)!, run });
    },
  };
}
