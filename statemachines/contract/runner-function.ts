/**
 * What a flow's own function and whoever makes it hold each other to: the files of its package, by which name its handler
 * goes, and what its environment says.
 */
export const RUNNER_CODE = {
  /** As deep as the flow's code was in its store, so that the source map's paths begin with the package's root. */
  folder: "store/code/package",
  /** The handler's module is the runtime that a container has too. */
  handler: "store/code/package/container.handler",
} as const;

/** CODE: the SHA-256 of the code package that the function has; API: the API's URL. */
export const RUNNER_ENVIRONMENT = { code: "MILLRACE_CODE", api: "MILLRACE_API" } as const;
