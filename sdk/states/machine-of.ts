import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MillraceError } from "../../graph/errors.ts";
import type { StateMachine } from "../../statemachines/asl.ts";

export interface MachineOfOptions {
  /** The machine's logical id, or the beginning of it, where the template has several. */
  readonly logicalId?: string;
  /**
   * What the template leaves open until it is deployed, by name: `"Orders"` for `Ref: Orders` and `${Orders}`,
   * `"Charge.Arn"` for `Fn::GetAtt: [Charge, Arn]` and `${Charge.Arn}`. What is not given stands as its name.
   */
  readonly values?: Readonly<Record<string, string>>;
}

const TYPES = {
  "AWS::StepFunctions::StateMachine": { text: "DefinitionString", file: "DefinitionS3Location" },
  "AWS::Serverless::StateMachine": { text: undefined, file: "DefinitionUri" },
} as const;

const PSEUDO: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws",
  "AWS::Region": "us-east-1",
  "AWS::AccountId": "123456789012",
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::StackName": "stack",
};

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/**
 * The state machine in a CloudFormation template: of `Template.fromStack(stack).toJSON()` in a test of CDK, of what
 * `cdk synth` wrote, of a SAM or Serverless Framework template. The template may be an object or the path of a JSON file.
 * `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::Join`, `Fn::Select` and DefinitionSubstitutions are filled in.
 *
 *     const machine = machineOf(Template.fromStack(stack).toJSON());
 *     const execution = await execute(machine, { states: { Charge: { Payload: { ok: true } } } });
 *
 * Throws MillraceError `template.invalid`.
 */
export function machineOf(template: object | string, options: MachineOfOptions = {}): StateMachine {
  const { Resources = {} } = (typeof template === "string" ? readJson(template) : template) as {
    Resources?: Readonly<Record<string, Resource>>;
  };
  const [id, { Type, Properties = {} }] = choose(Resources, options.logicalId);
  const fields = TYPES[Type as keyof typeof TYPES];
  const value = (name: string) => options.values?.[name] ?? PSEUDO[name] ?? name;
  const definition =
    Properties["Definition"] ??
    (fields.text === undefined ? undefined : Properties[fields.text]) ??
    definitionFile(Properties[fields.file], template, id);
  const resolved = resolveIntrinsics(definition, value);
  const text = typeof resolved === "string" ? resolved : JSON.stringify(resolved);
  const substitutions = resolveIntrinsics(Properties["DefinitionSubstitutions"] ?? {}, value);
  return parse(substitute(text, substitutions as Readonly<Record<string, unknown>>), id);
}

function choose(resources: Readonly<Record<string, Resource>>, logicalId: string | undefined): [string, Resource] {
  const machines = Object.entries(resources).filter(([, { Type }]) => Object.hasOwn(TYPES, Type));
  const named = machines.filter(([id]) => logicalId === undefined || id === logicalId);
  const chosen = named.length > 0 ? named : machines.filter(([id]) => id.startsWith(logicalId!));
  if (chosen.length === 1) return chosen[0]!;
  const ids = machines.map(([id]) => id).join(", ");
  if (machines.length === 0) throw invalid("the template has no state machine", "Pass the template that has it.");
  const which = logicalId === undefined ? "several state machines" : `no one state machine ${logicalId}`;
  throw invalid(`the template has ${which}: ${ids}`, "Say which one by logicalId.");
}

function definitionFile(location: unknown, template: object | string, id: string): unknown {
  if (typeof location === "string" && typeof template === "string")
    return readJson(resolve(dirname(template), location));
  throw invalid(
    `state machine ${id} has its definition in a file that the template does not hold`,
    "Read that file yourself and pass it to execute.",
  );
}

/** A template with every function in it that names a value replaced by that value. */
function resolveIntrinsics(part: unknown, value: (name: string) => string): unknown {
  if (Array.isArray(part)) return part.map((item) => resolveIntrinsics(item, value));
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part);
  const [only] = entries;
  if (entries.length === 1 && (only![0] === "Ref" || only![0].startsWith("Fn::"))) {
    return callIntrinsic(only![0], only![1], value);
  }
  return Object.fromEntries(entries.map(([key, field]) => [key, resolveIntrinsics(field, value)]));
}

function callIntrinsic(name: string, argument: unknown, value: (name: string) => string): unknown {
  const list = () => resolveIntrinsics(argument, value) as readonly unknown[];
  switch (name) {
    case "Ref":
      return value(String(argument));
    case "Fn::GetAtt":
      return value(Array.isArray(argument) ? argument.join(".") : String(argument));
    case "Fn::Sub": {
      const [text, own] = Array.isArray(argument)
        ? (list() as [string, Record<string, unknown>])
        : [String(argument), {}];
      return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, key: string) =>
        literal ? `\${${key}}` : String(own[key.trim()] ?? value(key.trim())),
      );
    }
    case "Fn::Join": {
      const [separator, parts] = list() as [string, readonly unknown[]];
      return parts.map(String).join(separator);
    }
    case "Fn::Select": {
      const [index, items] = list() as [number | string, readonly unknown[]];
      return items[Number(index)];
    }
    case "Fn::ImportValue":
      return value(String(resolveIntrinsics(argument, value)));
    default:
      throw invalid(`${name} in the state machine's definition is not understood`, "Replace it in the template first.");
  }
}

/** `${Token}` of DefinitionSubstitutions: inside the JSON text, so its value is written as the inside of a JSON string. */
function substitute(text: string, substitutions: Readonly<Record<string, unknown>>): string {
  return text.replace(/\$\{([A-Za-z0-9_]+)\}/g, (token, key: string) => {
    if (!Object.hasOwn(substitutions, key)) return token;
    const value = substitutions[key];
    return typeof value === "string" ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value);
  });
}

function parse(text: string, id: string): StateMachine {
  try {
    return JSON.parse(text) as StateMachine;
  } catch (cause) {
    throw invalid(
      `the definition of state machine ${id} is not JSON: ${(cause as Error).message}`,
      "Correct it.",
      cause,
    );
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const hint = "Pass the path of a JSON file, or the template itself; of YAML, what a YAML parser makes of it.";
    throw invalid(`${path} cannot be read as JSON: ${(cause as Error).message}`, hint, cause);
  }
}

function invalid(message: string, hint: string, cause?: unknown): MillraceError {
  return new MillraceError("template.invalid", message, { hint, cause });
}
