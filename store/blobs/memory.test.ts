import { describe } from "vitest";
import { localBlobConformance } from "./conformance.ts";
import { openMemoryBlobs } from "./memory.ts";

describe("blobs in memory", () => {
  localBlobConformance(openMemoryBlobs);
});
