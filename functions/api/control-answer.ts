import type { ControlValue } from "../../graph/control-value.ts";

/** The pages of a foreach's items are many, and the tasks' alone to read. */
export function withoutPages(value: ControlValue): ControlValue {
  return value.type === "foreach" ? { ...value, pages: [] } : value;
}
