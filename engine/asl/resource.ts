/** What a Task calls, as the history and the causes of AWS name it. */
export type Resource =
  | {
      readonly kind: "service";
      readonly type: string;
      readonly action: string;
      readonly waits: "sync" | "token" | undefined;
    }
  | { readonly kind: "lambda" | "activity"; readonly arn: string };

/** From `arn:aws:states:::lambda:invoke.waitForTaskToken`, a function's ARN or an activity's. */
export function parseResource(arn: string): Resource {
  if (/^arn:[^:]*:states:.*:activity:/.test(arn)) return { kind: "activity", arn };
  const [, type, action] = /^arn:[^:]*:states:[^:]*:[^:]*:(.+):([^:]+)$/.exec(arn) ?? [];
  if (type === undefined || action === undefined) return { kind: "lambda", arn };
  const waits = action.endsWith(".waitForTaskToken") ? "token" : /\.sync(:2)?$/.test(action) ? "sync" : undefined;
  return { kind: "service", type, action, waits };
}
