/**
 * Stands between a stack, a flow and a step in the names of what is in an account. No stack's name can hold it, for
 * CloudFormation takes no `_` there; no flow's name may hold it or end with a part of it. So what begins with a stack's or
 * a flow's name and this is that one's own.
 */
export const NAME_SEPARATOR = "__";

/** Whether a flow may have the name, which is a name already: letters, digits, `_` and `-`. */
export function isFlowName(name: string): boolean {
  return !name.includes(NAME_SEPARATOR) && !name.endsWith("_");
}
