import type { Json } from "../../graph/graph.ts";
import type { ItemReader } from "../../statemachines/asl.ts";
import { parseCsv } from "./csv.ts";
import { Aborted, TaskFailure, failure, invalidMachine } from "./errors.ts";
import type { Frame } from "./execution.ts";
import { isObject } from "./jsonpath.ts";
import { excerpt, prepareNumber } from "./path.ts";
import { prepareTemplate } from "./template.ts";

/**
 * Reads a distributed Map's items through the integrations, as `arn:aws:states:::s3:getObject` (`{ Body: text }`, read as
 * InputType says; an answer that is an array already is taken as the items) or `arn:aws:states:::s3:listObjectsV2`
 * (`{ Contents: [...] }`). Fails with States.ItemReaderFailed.
 */
export function prepareItemReader(reader: ItemReader): (input: Json, frame: Frame) => Promise<readonly Json[]> {
  const parameters = reader.Parameters === undefined ? undefined : prepareTemplate(reader.Parameters);
  const config = reader.ReaderConfig ?? {};
  const listing = reader.Resource.endsWith(":listObjectsV2");
  if (!listing && (config.InputType === undefined || config.InputType === "MANIFEST")) {
    throw invalidMachine(`An ItemReader's InputType must be JSON, JSONL or CSV, not ${config.InputType ?? "absent"}.`);
  }
  if (config.CSVHeaderLocation === "GIVEN" && config.CSVHeaders === undefined) {
    throw invalidMachine("CSVHeaders must be given where CSVHeaderLocation is GIVEN.");
  }
  const maxItems = prepareNumber({
    literal: config.MaxItems,
    path: config.MaxItemsPath,
    field: "MaxItems",
    isNumeral: true,
    refuse: (value) => (value < 0 ? failure("States.ItemReaderFailed", "field MaxItems must be positive") : undefined),
  });
  return async (input, frame) => {
    const { execution, signal } = frame.scope;
    const request = parameters === undefined ? {} : parameters(input, frame);
    const most = maxItems?.(input, frame) || undefined;
    try {
      const answer = await execution.integrations(reader.Resource, request, {
        signal,
        heartbeat() {},
        submitted() {},
        state: frame.state,
        retries: frame.retries,
      });
      return itemsOf(answer, listing, config).slice(0, most);
    } catch (error) {
      if (signal.aborted) throw new Aborted();
      if (!(error instanceof TaskFailure) || error.error === "States.ItemReaderFailed") throw error;
      throw failure("States.ItemReaderFailed", error.message);
    }
  };
}

function itemsOf(answer: Json, listing: boolean, config: NonNullable<ItemReader["ReaderConfig"]>): readonly Json[] {
  if (Array.isArray(answer)) return answer as readonly Json[];
  const part = isObject(answer) ? answer[listing ? "Contents" : "Body"] : undefined;
  if (listing) return Array.isArray(part) ? (part as readonly Json[]) : unreadable("a listing", answer);
  if (typeof part !== "string") return unreadable("an object's body", answer);
  if (config.InputType === "CSV") return parseCsv(part, config);
  if (config.InputType === "JSONL")
    return part
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map(parseJson);
  const items = parseJson(part);
  if (Array.isArray(items)) return items as readonly Json[];
  throw failure("States.ItemReaderFailed", "Attempting to map over non-iterable node.");
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return unreadable("JSON", text);
  }
}

function unreadable(expected: string, found: Json): never {
  throw failure("States.ItemReaderFailed", `The items must be ${expected}, not ${excerpt(found)}`);
}
