import { flagOf } from "../graph/flags.ts";
import type { GraphParameter, Json, JsonObject } from "../graph/graph.ts";
import { didYouMean } from "../graph/did-you-mean.ts";
import { MillraceError } from "../graph/errors.ts";

/** Parameters as text: a value, several for a flag that is repeated, or true for a flag that has none. */
export type ParameterText = Record<string, string | string[] | true>;

type Parameters = Readonly<Record<string, GraphParameter>>;

/**
 * Reads what follows the file on a command line: `--name value`, `--name=value`, `--name`. A flag is the parameter that
 * has its name; `--max-depth` may stand for `maxDepth`, and `--no-shout` for `--shout=false`.
 * Throws MillraceError `usage.argument` and `parameter.unknown`.
 */
export function readParameters(
  args: readonly string[],
  parameters: Parameters,
  flags: readonly string[],
): ParameterText {
  const read: ParameterText = {};
  for (let i = 0; i < args.length; i++) {
    const [, dashes, flag, , written] = /^(--?)([^=\d][^=]*)(=(.*))?$/s.exec(args[i]!) ?? [];
    if (dashes === undefined || flag === undefined) {
      throw new MillraceError("usage.argument", `"${args[i]}" belongs to no flag`, {
        hint: "A flag takes one value; repeat it to give more: --tag a --tag b.",
      });
    }
    const match = matchParameter(flag, parameters);
    if (!match) throw unknownFlag(dashes + flag, parameters, flags);
    const next = args[i + 1];
    const takesNext = written === undefined && !match.negated && next !== undefined && isValue(next);
    const value = match.negated ? "false" : (written ?? (takesNext ? args[++i]! : true));
    const before = read[match.name];
    read[match.name] =
      before === undefined || value === true ? value : [before === true ? "true" : before, value].flat();
  }
  return read;
}

/** A negative number is one, another flag is none. */
function isValue(text: string): boolean {
  return !text.startsWith("-") || /^-(\d|\.\d|$)/.test(text);
}

function matchParameter(flag: string, parameters: Parameters): { name: string; negated: boolean } | undefined {
  const named = (text: string) => Object.keys(parameters).find((name) => name === text || flagOf(name) === text);
  const name = named(flag);
  if (name !== undefined) return { name, negated: false };
  const negated = flag.startsWith("no-") ? named(flag.slice(3)) : undefined;
  return negated === undefined ? undefined : { name: negated, negated: true };
}

function unknownFlag(flag: string, parameters: Parameters, flags: readonly string[]): MillraceError {
  const names = Object.keys(parameters).map((name) => `--${flagOf(name)}`);
  const list = names.length > 0 ? `The flow's parameters are ${names.join(", ")}.` : "The flow has no parameters.";
  return new MillraceError("parameter.unknown", `neither the command nor the flow knows ${flag}`, {
    hint: didYouMean(flag, [...names, ...flags]) ?? list,
  });
}

/** The flow's parameters as lines of a help text. */
export function describeParameters(parameters: Parameters): string[] {
  const rows = Object.entries(parameters).map(([name, parameter]) => {
    const type = typeOf(parameter.schema);
    const preset = parameter.schema?.["default"];
    const about = [
      parameter.description,
      preset !== undefined && `(default: ${JSON.stringify(preset)})`,
      parameter.required && "(required)",
    ];
    return [`--${flagOf(name)}${type && ` <${type}>`}`, about.filter(Boolean).join(" ")] as const;
  });
  const width = Math.max(0, ...rows.map(([flag]) => flag.length));
  return rows.map(([flag, about]) => `  ${flag.padEnd(width)}  ${about}`.trimEnd());
}

/** A JSON Schema in a word or two: `number`, `"a" | "b"`, `string[]`. */
function typeOf(schema: JsonObject | undefined): string {
  if (!schema) return "";
  const options = schema["enum"] ?? schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(options)) {
    return options
      .map((option: Json) =>
        isObject(option) && schema["enum"] === undefined ? typeOf(option) : JSON.stringify(option),
      )
      .join(" | ");
  }
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  const type = schema["type"];
  if (type === "array") return `${(isObject(schema["items"]) && typeOf(schema["items"])) || "value"}[]`;
  return typeof type === "string" ? type : Array.isArray(type) ? type.join(" | ") : "value";
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
