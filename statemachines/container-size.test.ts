import { describe, expect, test } from "vitest";
import { fargateSize, resourceRequirements } from "./container-size.ts";

describe("the smallest container on Fargate", () => {
  test.each([
    [{}, { cpu: 0.25, memoryMiB: 512 }],
    [{ memoryMiB: 513 }, { cpu: 0.25, memoryMiB: 1024 }],
    [{ memoryMiB: 1025 }, { cpu: 0.25, memoryMiB: 2048 }],
    [{ cpu: 1 }, { cpu: 1, memoryMiB: 2048 }],
    [
      { cpu: 1, memoryMiB: 9000 },
      { cpu: 2, memoryMiB: 9216 },
    ],
    [
      { cpu: 0.3, memoryMiB: 100 },
      { cpu: 0.5, memoryMiB: 1024 },
    ],
    [{ memoryMiB: 30_721 }, { cpu: 8, memoryMiB: 32_768 }],
    [
      { cpu: 16, memoryMiB: 100_000 },
      { cpu: 16, memoryMiB: 106_496 },
    ],
    [
      { cpu: 16, memoryMiB: 122_880 },
      { cpu: 16, memoryMiB: 122_880 },
    ],
    [{ cpu: 17 }, undefined],
    [{ memoryMiB: 122_881 }, undefined],
  ])("for %o is %o", (asked, size) => {
    expect(fargateSize(asked)).toEqual(size);
  });
});

test("a step that asks for nothing gets what its job definition says", () => {
  expect(resourceRequirements({})).toEqual([]);
});

test("a step that asks for memory alone gets the CPUs that go with it", () => {
  expect(resourceRequirements({ memory: "16GiB" })).toEqual([
    { Type: "VCPU", Value: "2" },
    { Type: "MEMORY", Value: "16384" },
  ]);
});

test("a step with a GPU gets exactly what it asks for", () => {
  expect(resourceRequirements({ gpu: 1, cpu: 3, memory: "5GiB" })).toEqual([
    { Type: "VCPU", Value: "3" },
    { Type: "MEMORY", Value: "5120" },
    { Type: "GPU", Value: "1" },
  ]);
});
