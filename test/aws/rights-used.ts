/** A right as the account on this machine reports it (account/iam/rights.py): by which role or policy, and whether it was ever used. */
export interface Right {
  /** `role/NAME` or `policy/NAME`. */
  readonly owner: string;
  readonly action: string;
  readonly resource: string;
  readonly used: boolean;
}

/** Rights of the template: `ROLE ACTION RESOURCE`, names without what differs between deployments. */
export interface Judgement {
  /** Given by the template, used by no test, and no reason is there. */
  readonly superfluous: readonly string[];
  /** There is a reason for it, but it is used, or not given any more. */
  readonly outdated: readonly string[];
}

/** Judges what the accounts of a whole run have reported; `reasons` has the rights that are needed though no test uses them. */
export function judgeRights(reported: readonly Right[], reasons: Readonly<Record<string, string>>): Judgement {
  const used = new Map<string, boolean>();
  for (const right of reported) {
    const name = nameOf(right);
    if (name !== undefined) used.set(name, used.get(name) === true || right.used);
  }
  const unused = [...used].filter(([, isUsed]) => !isUsed).map(([name]) => name);
  return {
    superfluous: unused.filter((name) => !Object.hasOwn(reasons, name)).toSorted(),
    outdated: Object.keys(reasons)
      .filter((name) => used.get(name) !== false)
      .toSorted(),
  };
}

/** Undefined for the rights of other stacks than Millrace's. */
function nameOf({ owner, action, resource }: Right): string | undefined {
  const [, stack, role] = /^(?:role|policy)\/(millrace-[a-z\d-]+?)-([A-Z]\w*)-\w+$/.exec(owner) ?? [];
  if (stack === undefined) return undefined;
  const place = resource
    .replace(/^arn:aws:([\w-]+):[\w-]*:\d*:/, "$1:")
    .replace(/^(cloudformation:stack\/[^/]+)\/.*/, "$1")
    .replace(/^execute-api:\w+/, "execute-api:API")
    .replace(`/millrace/${stack.slice("millrace-".length)}/`, "/millrace/STAGE/")
    // What CloudFormation names: STACK-LOGICAL-RANDOM.
    .replace(new RegExp(`\\b${stack}-([a-z]\\w*)-\\w{12}(?=$|[/:])`, "i"), "$1")
    .replace(stack, "STACK");
  return `${role} ${action} ${place}`;
}
