// Runs a function's code for as long as its process lives: an event a line on stdin, an answer a line on MILLRACE_ANSWERS,
// the first of them to say that the code is loaded.
import { existsSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// When a line was written, which whoever reads it learns only later.
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = (chunk, ...rest) =>
    write(typeof chunk === "string" ? chunk.replace(/^(?=.)/gm, `\u0001${Date.now()}\u0001`) : chunk, ...rest);
}

const answers = Number(process.env.MILLRACE_ANSWERS);
const dot = process.env["_HANDLER"].lastIndexOf(".");
const file = `${process.env.LAMBDA_TASK_ROOT}/${process.env["_HANDLER"].slice(0, dot)}`;
const name = process.env["_HANDLER"].slice(dot + 1);
const code = await import(pathToFileURL([".js", ".mjs", ".cjs"].map((ending) => file + ending).find(existsSync)));
const handler = code[name] ?? code.default?.[name];

function answer(value) {
  let rest = Buffer.from(`${JSON.stringify(value)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(answers, rest));
}

answer({ loaded: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, event, arn, deadline } = JSON.parse(line);
  const context = {
    awsRequestId: id,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: arn,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    answer({ result: (await handler(event, context)) ?? null });
  } catch (error) {
    const stack = String(error?.stack ?? error).split("\n");
    answer({
      error: {
        errorType: error?.name ?? "Error",
        errorMessage: error?.message ?? String(error),
        trace: stack,
      },
    });
  }
}
