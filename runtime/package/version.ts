import packageJson from "../../package.json" with { type: "json" };

/** Millrace's own version. */
export const version: string = packageJson.version;
