import { describe, expect, test } from "vitest";
import type { Json } from "../../graph/graph.ts";
import type { ItemReader } from "../../statemachines/asl.ts";
import { TaskFailure, interpret } from "./interpreter.ts";

const GET = "arn:aws:states:::s3:getObject";

function run(ReaderConfig: ItemReader["ReaderConfig"], answer: Json | Error, Resource = GET) {
  const calls: unknown[] = [];
  const reader: ItemReader = {
    Resource,
    Parameters: { Bucket: "b", "Key.$": "$.key" },
    ...(ReaderConfig && { ReaderConfig }),
  };
  const result = interpret(
    {
      StartAt: "Each",
      States: {
        Each: {
          Type: "Map",
          ItemReader: reader,
          ItemProcessor: {
            ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
            StartAt: "Same",
            States: { Same: { Type: "Succeed" } },
          },
          End: true,
        },
      },
    },
    { key: "k", most: 2 },
    {
      integrations: async (resource, input) => {
        calls.push([resource, input]);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  );
  return { result, calls };
}

describe("an ItemReader reads", () => {
  test.each<[ItemReader["ReaderConfig"], Json, Json]>([
    [{ InputType: "JSON" }, { Body: '[1,{"a":2}]' }, [1, { a: 2 }]],
    [{ InputType: "JSONL" }, { Body: '{"a":1}\n{"a":2}\n\n' }, [{ a: 1 }, { a: 2 }]],
    [
      { InputType: "CSV", CSVHeaderLocation: "FIRST_ROW" },
      { Body: "a,b\n1,2\n3,4\n" },
      [
        { a: "1", b: "2" },
        { a: "3", b: "4" },
      ],
    ],
    [{ InputType: "JSON" }, [1, 2], [1, 2]],
    [{ InputType: "JSON", MaxItems: 2 }, { Body: "[1,2,3]" }, [1, 2]],
    [{ InputType: "JSON", MaxItemsPath: "$.most" }, { Body: "[1,2,3]" }, [1, 2]],
    [{ InputType: "JSON", MaxItems: 0 }, { Body: "[1,2,3]" }, [1, 2, 3]],
  ])("%j of %j", async (config, answer, items) => {
    expect(await run(config, answer).result).toMatchObject({ output: items });
  });

  test("the listing of a bucket", async () => {
    const answer = { Contents: [{ Key: "a" }, { Key: "b" }] };
    expect(await run(undefined, answer, "arn:aws:states:::s3:listObjectsV2").result).toMatchObject({
      output: answer.Contents,
    });
  });

  test("what its Parameters name", async () => {
    const { result, calls } = run({ InputType: "JSON" }, []);
    await result;
    expect(calls).toEqual([[GET, { Bucket: "b", Key: "k" }]]);
  });
});

describe("an ItemReader fails with States.ItemReaderFailed", () => {
  test.each<[string, Json | Error]>([
    ["an object that cannot be read", new TaskFailure("S3.NoSuchKey", "no such key")],
    ["a body that is not JSON", { Body: "[1," }],
    ["a body that is no array", { Body: "{}" }],
    ["no body", {}],
  ])("for %s", async (_, answer) => {
    expect(await run({ InputType: "JSON" }, answer).result).toMatchObject({
      status: "FAILED",
      error: "States.ItemReaderFailed",
    });
  });
});
