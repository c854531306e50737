/** What `import … from "millrace"` offers. */
export * from "./authoring.ts";
