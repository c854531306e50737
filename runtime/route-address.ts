import type { PathOf, RouteName } from "../functions/api/contract.ts";

/** Where a route of an HTTP API is, its path filled, and by which method it is called. */
export function routeAddress<Name extends RouteName>(
  api: string,
  route: Name,
  path: PathOf<Name>,
): { readonly method: string; readonly url: string } {
  const [method = "", pattern = ""] = route.split(" ");
  const parts: Readonly<Record<string, string | number>> = path;
  return { method, url: api + pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts[name]!)) };
}
