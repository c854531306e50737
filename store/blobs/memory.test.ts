import { describe } from "vitest";
import { blobConformance } from "./conformance.ts";
import { openMemoryBlobs } from "./memory.ts";

describe("blobs in memory", () => {
  blobConformance(openMemoryBlobs);
});
