import { MillraceError } from "../../graph/errors.ts";
import type { Graph, StepOptions } from "../../graph/graph.ts";
import { graphParameters } from "./parameters.ts";
import { assemble } from "./draft.ts";
import type { Draft, DraftNode, DraftStep, StoredHandler } from "./draft.ts";
import { DEFINE } from "./definition.ts";
import type { Definition } from "./definition.ts";
import type { Flow, FlowOptions, ForeachOptions, ParameterSchemas, ParameterValues } from "./language.ts";
import { callSite, formatPlace, sourcePlaceOf } from "./source.ts";
import type { CallSite } from "./source.ts";

/**
 * Starts a flow. Nothing runs while it is built: the result is a plain value, to be exported by its module.
 *
 * @example
 * export default flow("Greeting", { params: { name: z.string().default("world") } })
 *   .step("greet", ({ name }) => ({ text: `Hello, ${name}` }))
 *   .step("print", ({ text }) => console.log(text));
 *
 * @throws MillraceError where a call lacks a handler or a body does not return its own builder; everything else is
 * found by `checkGraph`, all at once.
 */
export function flow<const P extends ParameterSchemas = {}>(
  name: string,
  options: FlowOptions<P> = {},
): Flow<ParameterValues<P>, {}, P> {
  const origin: Origin = { name, options, site: callSite(flow) };
  return chain(origin, undefined) as unknown as Flow<ParameterValues<P>, {}, P>;
}

/** What all links of a flow share. A body has its own, so that it is known from every other. */
interface Origin {
  readonly name: string;
  readonly options: FlowOptions<ParameterSchemas>;
  readonly site: CallSite;
  readonly part?: true;
}

/** A flow as it is inside: see `Flow` for what its methods mean. */
interface Chain {
  readonly [DRAFT]: { readonly origin: Origin; readonly last: Draft };
}
type Bodies = Readonly<Record<string, Build>>;
type Build = (part: Chain) => unknown;
/** What follows a step's name: its handler, or options and handler. */
type Rest = [handler: StoredHandler] | [options: StepOptions, handler: StoredHandler];

const DRAFT = Symbol("draft");

function chain(origin: Origin, last: Draft) {
  const then = (node: DraftNode) => chain(origin, { before: last, node });
  const split = (make: (join: DraftStep) => DraftNode) => ({
    join: function join(name: string, ...rest: Rest) {
      return then(make(draftStep({ origin, site: callSite(join) }, name, rest)));
    },
  });
  let definition: Definition | undefined;
  const define = () => (definition ??= defineFlow(origin, last));

  return {
    [DRAFT]: { origin, last },
    [DEFINE]: origin.part ? undefined : define,
    name: origin.name,
    get graph(): Graph {
      return define().graph;
    },
    step: function step(name: string, ...rest: Rest) {
      return then(draftStep({ origin, site: callSite(step) }, name, rest));
    },
    foreach: function foreach(over: string, { as, concurrency }: ForeachOptions<string>, build: Build) {
      const body = draftBody({ origin, site: callSite(foreach) }, "foreach", build);
      return split((join) => ({ type: "foreach", over, as, concurrency, body, join }));
    },
    branch: function branch(bodies: Bodies) {
      const site = callSite(branch);
      const branches = Object.entries(bodies).map(([name, build]) => ({
        name,
        body: draftBody({ origin, site }, `branch ${name}`, build),
      }));
      return split((join) => ({ type: "branch", branches, join }));
    },
    switch: function switch_(on: string, bodies: Bodies, otherwise?: Build) {
      const site = callSite(switch_);
      const cases = Object.entries(bodies).map(([value, build]) => ({
        value,
        body: draftBody({ origin, site }, `case ${value}`, build),
      }));
      const rest = otherwise && { body: draftBody({ origin, site }, "otherwise", otherwise) };
      return then({ type: "switch", on, cases, otherwise: rest, site });
    },
    loop: function loop(options: { while: string; max: number }, build: Build) {
      const site = callSite(loop);
      const body = draftBody({ origin, site }, "loop", build);
      return then({ type: "loop", while: options.while, max: options.max, body, site });
    },
  };
}

/** The flow or body that something is added to, and where in the author's file. */
interface Addition {
  readonly origin: Origin;
  readonly site: CallSite;
}

function draftStep({ origin, site }: Addition, name: string, rest: Rest): DraftStep {
  const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
  if (typeof handler !== "function") {
    throw new MillraceError("flow.handler", "it has no handler", {
      where: { flow: origin.name, step: name, source: sourceOf(site) },
      hint: `Give it a function: .step("${name}", (artifacts) => ({ … })).`,
    });
  }
  return {
    type: "step",
    name,
    options: withDefaults(origin.options.defaults, options),
    handler,
    site,
  };
}

/** A step's options over the flow's defaults; an option set to undefined takes the default away. */
function withDefaults(defaults: StepOptions = {}, options: StepOptions): StepOptions {
  const merged: Record<string, unknown> = { ...defaults, ...options };
  for (const key of ["env", "secrets"] as const) {
    if (defaults[key] && options[key]) merged[key] = { ...defaults[key], ...options[key] };
  }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

/** Calls a body with an empty builder of its own and takes what it has built. */
function draftBody({ origin, site }: Addition, what: string, build: Build): Draft {
  const part: Origin = { ...origin, part: true };
  const built: unknown = typeof build === "function" ? build(chain(part, undefined)) : undefined;
  const drafted = typeof built === "object" && built !== null && DRAFT in built ? (built as Chain)[DRAFT] : undefined;
  if (drafted?.origin === part) return drafted.last;
  throw new MillraceError("flow.body", `the body of ${what} does not return the steps it was given`, {
    where: { flow: origin.name, source: sourceOf(site) },
    hint: 'Return the builder that the body gets, such as (b) => b.step("name", handler); end every split with .join.',
  });
}

function defineFlow({ name, options, site }: Origin, last: Draft): Definition {
  const { body, handlers, sites } = assemble(last);
  const { description, schedule, params = {} } = options;
  let graph: Graph | undefined;
  return {
    // A task only needs the handlers: what validators say of themselves is worked out when the graph is asked for.
    get graph() {
      return (graph ??= {
        version: 1,
        name,
        ...(description !== undefined && { description }),
        parameters: graphParameters(params),
        // That it is JSON the graph's check sees to.
        ...(schedule !== undefined && { schedule: schedule as Graph["schedule"] }),
        body,
      });
    },
    handlers,
    parameters: params,
    get file() {
      return sourcePlaceOf(site)?.file;
    },
    sourceOf(node, occurrence = 0) {
      const found = sites.get(node)?.[occurrence];
      return found && sourceOf(found);
    },
  };
}

function sourceOf(site: CallSite): string | undefined {
  const place = sourcePlaceOf(site);
  return place && formatPlace(place);
}
