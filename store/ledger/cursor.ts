import { MillraceError } from "../../graph/errors.ts";

type Part = string | number;

/** How many items a page has where the caller does not say, and how many at most. */
const PAGE = 100;
const GREATEST_PAGE = 1000;

export function pageSize(limit: number = PAGE): number {
  return Math.min(Math.max(Math.trunc(limit), 1), GREATEST_PAGE);
}

/** The place of a page's last item in its order, as text that is opaque to callers and safe in a URL. */
export function cursorAt(place: readonly Part[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/**
 * The place that a cursor stands for, or `first` without one.
 *
 * @throws MillraceError `cursor.invalid` where it comes from no list of this order; `first` shows what one looks like.
 */
export function cursorPlaceOf<const Place extends readonly Part[]>(
  cursor: string | undefined,
  first: Place,
): readonly Part[] {
  if (cursor === undefined) return first;
  const place = parsed(cursor);
  if (
    Array.isArray(place) &&
    place.length === first.length &&
    first.every((part, at) => typeof part === typeof place[at])
  ) {
    return place as Part[];
  }
  throw new MillraceError("cursor.invalid", "The cursor is not one that this list gave out", {
    hint: "Begin again without a cursor, or give the one that came with the page before.",
  });
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}
