/** Rights that no test uses, and why the template gives them all the same; as `ROLE ACTION RESOURCE` (rights-used.ts). */
export const UNUSED_HERE: Readonly<Record<string, string>> = {};
