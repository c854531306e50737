import { MillraceError } from "./errors.ts";

/** 1,048,576 bytes: the unit in which AWS counts memory. */
export type Mebibytes = number;
export type Seconds = number;

const MEBIBYTES = { MiB: 1, GiB: 1024, TiB: 1024 ** 2 };

/**
 * Reads a size such as `"512MiB"`, `"4GiB"` or `"1.5GiB"`.
 *
 * @throws MillraceError `size.invalid` for anything else, and for what is no whole number of mebibytes above zero.
 */
export function parseSize(text: string): Mebibytes {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(MiB|GiB|TiB)$/.exec(text) ?? [];
  const size = Number(amount) * MEBIBYTES[unit as keyof typeof MEBIBYTES];
  if (Number.isSafeInteger(size) && size > 0) return size;
  throw new MillraceError("size.invalid", `${JSON.stringify(text)} is not a size`, {
    hint: 'Write a number and a unit, such as "4GiB" or "512MiB".',
  });
}

/**
 * Reads a duration such as `"90s"`, `"15m"`, `"24h"`, `"1d"`, `"1h30m"` or `"500ms"`.
 *
 * @throws MillraceError `duration.invalid` for anything else, and for no time at all.
 */
export function parseDuration(text: string): Seconds {
  const [, days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] =
    /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text) ?? [];
  const total =
    Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(milliseconds) / 1000;
  if (Number.isFinite(total) && total > 0) return total;
  throw new MillraceError("duration.invalid", `${JSON.stringify(text)} is not a duration`, {
    hint: 'Write whole numbers and units, such as "90s", "15m", "24h" or "1h30m".',
  });
}
