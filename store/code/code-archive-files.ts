/** The files of a code archive: the flow's module with its source map, and the runtime that carries out a task of it. */
export const ARCHIVED = { flow: "flow.mjs", map: "flow.mjs.map", runtime: "container.cjs" } as const;
