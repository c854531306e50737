import type { Control, ControlKey, ControlValue } from "../../graph/control-value.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { parseRunName, runName } from "../../graph/run-name.ts";
import { LIMITS } from "../limits.ts";

/**
 * A control value as the machine reads it: a foreach's width, its positions where an inline Map takes them, the array
 * jobs where it takes more than one; a switch's case; whether a loop goes round again.
 */
export type ControlFields = ForeachFields | SwitchFields | LoopFields;

export interface ForeachFields {
  readonly width: number;
  /** 0, 1, 2 … up to the width where that is at most 40; empty beyond. */
  readonly items: readonly number[];
  /** `[first, size]` of each array job where the width is over 10,000; else empty. */
  readonly chunks: readonly (readonly [number, number])[];
}
interface SwitchFields {
  /** The chosen case's value; whatever is no case's value means otherwise. */
  readonly case: string;
}
interface LoopFields {
  readonly again: boolean;
}

export function controlFields(value: ControlValue): ControlFields {
  switch (value.type) {
    case "foreach":
      return { width: value.width, items: positions(value.width), chunks: arrayJobs(value.width) };
    case "switch":
      return { case: value.case };
    case "loop":
      return { again: value.again };
  }
}

/** What the fields say of the value that they were made of: of a foreach not where its items are, of a loop not why it ends. */
export function controlValue(fields: ControlFields): ControlValue {
  if ("width" in fields) return { type: "foreach", width: fields.width, pageSize: 0, pages: [] };
  return "case" in fields ? { type: "switch", case: fields.case } : { type: "loop", again: fields.again };
}

function positions(width: number): number[] {
  return width <= LIMITS.inlineMapConcurrency ? Array.from({ length: width }, (_, i) => i) : [];
}

/** As few array jobs as there can be, of even sizes, so that none is too small to be one. */
function arrayJobs(width: number): [number, number][] {
  if (width <= LIMITS.arrayJobMaxSize) return [];
  const jobs = Math.ceil(width / LIMITS.arrayJobMaxSize);
  const first = (job: number) => Math.floor((job * width) / jobs);
  return Array.from({ length: jobs }, (_, job) => [first(job), first(job + 1) - first(job)]);
}

/** A control value's attributes in DynamoDB, in the JSON of its API; a ledger may add others beside them. */
export type ControlItem = ControlItemKey &
  (
    | { readonly width: { readonly N: string }; readonly items: Text; readonly chunks: Text }
    | { readonly case: Text }
    | { readonly again: { readonly BOOL: boolean } }
  );

export interface ControlItemKey {
  readonly pk: Text;
  readonly sk: Text;
}

interface Text {
  readonly S: string;
}

/** The item that the machine's getItem finds; `items` and `chunks` are JSON texts. */
export function controlItem(run: RunKey, { node, index, value }: Control): ControlItem {
  const key = controlItemKey(run, { node, index });
  const fields = controlFields(value);
  if ("case" in fields) return { ...key, case: { S: fields.case } };
  if ("again" in fields) return { ...key, again: { BOOL: fields.again } };
  const { width, items, chunks } = fields;
  return {
    ...key,
    width: { N: String(width) },
    items: { S: JSON.stringify(items) },
    chunks: { S: JSON.stringify(chunks) },
  };
}

export function controlItemKey(run: RunKey, { node, index }: ControlKey): ControlItemKey {
  return { pk: { S: `${runName(run)}${MARK}${node}` }, sk: { S: index } };
}

/** Whose value a getItem's Key asks for; the opposite of controlItemKey. */
export function parseControlKey({ pk, sk }: ControlItemKey): { readonly run: RunKey } & ControlKey {
  const [run = "", node = ""] = pk.S.split(MARK);
  return { run: parseRunName(run), node, index: sk.S };
}

/** Stands between the run's name and the node's; no name has a `#`. */
const MARK = "#control#";

/** The partition key of a node's control values as an intrinsic function of the machine's payload. */
export function controlKeyExpression(node: string): string {
  return `States.Format('{}${MARK}${node}', $.run)`;
}
