import { MillraceError } from "../../graph/errors.ts";
import { checkGraph } from "../../graph/check.ts";
import { checkOptions } from "../../graph/check-options.ts";
import type { Compute, Graph, StepOptions } from "../../graph/graph.ts";
import { mistakesError, quote } from "../../graph/mistake.ts";
import { nearest } from "../../graph/nearest.ts";
import { mapSteps } from "../../graph/walk.ts";

/** Where the steps go that do not say so themselves, and what they ask for there beyond what they ask for themselves. */
export interface Placement {
  readonly compute: Compute;
  readonly options: StepOptions;
}

/** How each option's text is read, by where it makes sense; what a value may be check-options.ts says. */
const READ = { cpu: Number, gpu: Number, retry: Number, memory: String, image: String, timeout: String };
type Option = keyof typeof READ;

const TAKEN: Readonly<Record<Compute, readonly Option[]>> = {
  batch: ["cpu", "memory", "gpu", "image", "timeout", "retry"],
  lambda: ["timeout", "retry"],
  local: ["retry"],
};

/** Reads `batch`, `batch:cpu=2,memory=4GiB` and the like. Throws MillraceError `with.invalid`. */
export function readPlacement(text: string): Placement {
  const [, compute = "", rest] = /^([^:]*)(?::(.*))?$/s.exec(text)!;
  if (!isCompute(compute)) throw refused(`there is no compute ${quote(compute)}`, suggest(compute, Object.keys(TAKEN)));
  const options: Record<string, string | number> = {};
  for (const part of rest === undefined ? [] : rest.split(",")) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(part)!;
    const taken = TAKEN[compute];
    if (!taken.includes(name as Option)) throw refused(`${compute} has no option ${quote(name)}`, suggest(name, taken));
    if (!value) throw refused(`${name} has no value`, `Write ${name}=VALUE.`);
    if (Object.hasOwn(options, name)) throw refused(`${name} is there twice`, "Leave one of them.");
    options[name] = READ[name as Option](value);
  }
  const placement: Placement = { compute, options };
  checkOptions({ compute, ...options }, (_, message, hint) => {
    throw refused(message, hint);
  });
  return placement;
}

function isCompute(word: string): word is Compute {
  return Object.hasOwn(TAKEN, word);
}

function suggest(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? `There is ${known.join(", ")}.` : `Did you mean ${quote(meant)}?`;
}

function refused(message: string, hint: string): MillraceError {
  return new MillraceError("with.invalid", `--with: ${message}`, { hint });
}

/**
 * The graph with every step placed: where it says itself, else where `placement` says, else in a process of this machine.
 * Throws MillraceError `with.invalid` where a step asks for what there is not where it is sent.
 */
export function placeSteps(graph: Graph, placement: Placement = { compute: "local", options: {} }): Graph {
  const placed = mapSteps(graph, ({ options, ...step }) => ({
    ...step,
    options: options.compute === undefined ? { ...placement.options, ...options, compute: placement.compute } : options,
  }));
  const mistakes = checkGraph(placed);
  if (mistakes.length > 0) throw mistakesError("with.invalid", mistakes);
  return placed;
}

/** The graph as the account is asked to provide for it: of what stays on this machine it need not know what it wants. */
export function withoutLocal(placed: Graph): Graph {
  return mapSteps(placed, (step) => {
    if (step.options.compute !== "local") return step;
    const { cpu: _, memory: __, gpu: ___, image: ____, env: _____, secrets: ______, ...options } = step.options;
    return { ...step, options };
  });
}
