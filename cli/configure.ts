import {
  activeProfile,
  isEmulated,
  listProfiles,
  profilesFile,
  storeProfile,
  useProfile,
  type AccountProfile,
  type Profile,
} from "../sdk/client/profiles.ts";
import { MillraceError } from "../graph/errors.ts";
import type { ConfigureAwsFlags, JsonFlag } from "./flags.ts";

/** The output of the stack that has the URL of the HTTP API. */
const API_OUTPUT = "ApiUrl";

/** Keeps what a deployed stack says of itself as a profile, and uses it from now on. */
export async function configureAws({ stack, region, name }: ConfigureAwsFlags): Promise<number> {
  const { readStackOutputs } = await import("../aws/cloudformation/stack.ts");
  const { region: where, outputs } = await readStackOutputs(stack, region);
  const api = outputs[API_OUTPUT];
  if (api === undefined) {
    throw new MillraceError(
      "stack.foreign",
      `the stack ${stack} is none of millrace's: it has no output ${API_OUTPUT}`,
      {
        hint: "Name the stack that was deployed from millrace's serverless.yml, such as millrace-dev.",
      },
    );
  }
  const profile: AccountProfile = { name: name ?? stack, type: "aws", api, region: where, stack, outputs };
  storeProfile(profile);
  process.stdout.write(
    `${describe(profile)}\n\nIt is used from now on. Back to this machine: millrace configure use local\n`,
  );
  return 0;
}

export async function configureUse(name: string): Promise<number> {
  process.stdout.write(`${describe(useProfile(name))}\n`);
  return 0;
}

/** Shows the profile in use, and which others there are. */
export async function configureShow({ json }: JsonFlag): Promise<number> {
  const active = activeProfile();
  const all = listProfiles();
  if (json) {
    process.stdout.write(`${JSON.stringify({ active, profiles: all })}\n`);
    return 0;
  }
  const others = all.filter(({ name }) => name !== active.name).map(({ name }) => name);
  const lines = [
    describe(active),
    ...(others.length > 0 ? [`Others: ${others.join(", ")} (in ${profilesFile()})`] : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

function describe(profile: Profile): string {
  if (profile.type === "local") return "local: runs are kept on this machine, in .millrace beside the flow.";
  const { name, api, region, stack } = profile;
  return [
    isEmulated(profile)
      ? `${name}: runs are kept by a server on this machine, such as that of millrace emulate.`
      : `${name}: runs are kept in an AWS account.`,
    `  Service: ${api}`,
    !isEmulated(profile) && `  Region:  ${region}`,
    stack && `  Stack:   ${stack}`,
  ]
    .filter(Boolean)
    .join("\n");
}
