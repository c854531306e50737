import { createClient } from "../sdk/client/client.ts";
import { accountProfile, isEmulated, type AccountProfile } from "../sdk/client/profiles.ts";
import { deployFlow, type Deployment } from "../sdk/register.ts";
import { printableJson, printableLines } from "../graph/printable.ts";
import { describeSchedule } from "../graph/schedule.ts";
import { flagOf } from "../graph/flags.ts";
import { formatBytes } from "./output/words.ts";
import type { DeployFlags } from "./flags.ts";
import { shownToken } from "./shown-token.ts";

/** Makes a flow the newest version of itself in the account, and says what it is called there and what starts it. */
export async function deploy(target: string, { tag, json, ...authorized }: DeployFlags): Promise<number> {
  const profile = accountProfile();
  const client = createClient(profile);
  const deployment = await deployFlow(client, target, { token: shownToken(authorized), tags: tag });
  process.stdout.write(
    json ? `${printableJson(deployment)}\n` : `${printableLines(describe(deployment, { target, profile }))}\n`,
  );
  return 0;
}

function describe(
  deployment: Deployment,
  { target, profile }: { readonly target: string; readonly profile: AccountProfile },
): string {
  const { flow, version, namespace, token, uploaded } = deployment;
  const code = uploaded === undefined ? "it was stored already" : `${formatBytes(uploaded)} stored`;
  return [
    `${flow} is deployed to ${isEmulated(profile) ? profile.api : "AWS Step Functions"}: version ${version}.`,
    `Its code package is ${deployment.codePackage.slice(0, 12)} (${code}).`,
    "",
    "The namespace of its runs is",
    `    ${namespace}`,
    "",
    ...(token === undefined
      ? []
      : [
          "A production token was made. It is shown this once: keep it. With it another person deploys this flow:",
          `    millrace deploy ${target} --authorize ${token}`,
          "",
        ]),
    ...triggers(deployment),
  ].join("\n");
}

function triggers({ flow, schedules, paused, parameters }: Deployment): string[] {
  const required = Object.entries(parameters).filter(([, parameter]) => parameter.required);
  const flags = required.map(([name]) => ` --${flagOf(name)} …`).join("");
  const byHand = `    millrace trigger ${flow}${flags}`;
  if (schedules.length === 0) return ["Nothing triggers it by itself. Start it with", byHand];
  return [
    paused ? `What triggers it, but not while it is paused (millrace unpause ${flow} ends that):` : "What triggers it:",
    ...schedules.map((one) => `    the schedule ${describeSchedule(one)}`),
    "Start it besides with",
    byHand,
  ];
}
