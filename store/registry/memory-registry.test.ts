import { describe } from "vitest";
import { openMemoryRegistry } from "./memory-registry.ts";
import { registryConformance } from "./registry-conformance.ts";

describe("the registry in memory", () => {
  registryConformance(openMemoryRegistry);
});
