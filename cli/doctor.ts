import { activeProfile } from "../sdk/client/profiles.ts";
import { carryOut, type Check, type Finding } from "./doctor/check.ts";
import { printableJson, printableLines } from "../graph/printable.ts";
import type { DoctorFlags } from "./flags.ts";

/** Looks at all that runs with the profile in use lean on, one thing after the other; answers 1 where anything is wrong. */
export async function doctor({ jobs, json }: DoctorFlags): Promise<number> {
  const profile = activeProfile();
  if (!json) process.stdout.write(`Profile ${profile.name}:\n`);
  const checks: Check[] =
    profile.type === "local"
      ? (await import("./doctor/local-checks.ts")).localChecks()
      : (await import("./doctor/account-checks.ts")).accountChecks(profile, { jobs });
  const width = Math.max(...checks.map(({ name }) => name.length));
  let wrong = 0;
  for (const check of checks) {
    const onProgress = (progress: string) => {
      if (!json) process.stdout.write(`  ...    ${check.name.padEnd(width)}  ${progress}\n`);
    };
    const finding = await carryOut(check, onProgress);
    if (!finding.ok) wrong += 1;
    process.stdout.write(json ? `${printableJson(finding)}\n` : printableLines(formatFinding(finding, width)));
    if (!finding.ok && check.isNeeded) {
      if (!json) process.stdout.write("Nothing else was looked at, for all of it takes this.\n");
      return 1;
    }
  }
  if (!json) process.stdout.write(wrong === 0 ? "All is well.\n" : `${wrong} of ${checks.length} are wrong.\n`);
  return wrong === 0 ? 0 : 1;
}

function formatFinding({ check, ok, message, hint }: Finding, width: number): string {
  const lines = [`  ${ok ? "ok   " : "WRONG"}  ${check.padEnd(width)}  ${message}`];
  if (hint !== undefined) lines.push(`${" ".repeat(width + 11)}${hint}`);
  return `${lines.join("\n")}\n`;
}
