/** `npm run bench -- account`: what runs ask of an account, in figures. */
import { packageClaims } from "./package.mjs";
import { figureClaims, runFigures } from "./figures.mjs";
import { startAccount } from "./service.mjs";

/** The claims that were measured, and a table of figures; nothing where there is no account on this machine. */
export async function measureAccount() {
  const account = await startAccount();
  if (account.skipped) {
    console.error(`Skipped: ${account.skipped}`);
    return { claims: [], figures: [] };
  }
  try {
    process.stderr.write("what is deployed …\n");
    const packed = await packageClaims();
    const figures = await runFigures(account);
    return { claims: [...figureClaims(figures), ...packed], figures };
  } finally {
    await account.stop();
  }
}

const number = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 1 });

/** As rows of a table. */
export function figureRows(figures) {
  return [
    [
      "run",
      "tasks",
      "transitions",
      "Lambda invocations",
      "table reads",
      "table writes",
      "S3 requests",
      "estimated USD",
      "how",
    ],
    ...figures.map((one) => [
      one.what,
      number(one.tasks),
      number(one.transitions),
      number(one.invocations),
      number(one.reads),
      number(one.writes),
      number(one.objects),
      one.usd.toFixed(4),
      one.how,
    ]),
  ];
}
