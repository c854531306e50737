import { randomUUID } from "node:crypto";
import type { Account } from "./account.ts";
import type { Keys } from "./sign.ts";

/** The outputs of a deployment's stack. */
type Outputs = Readonly<Record<string, string>>;

/** The environment of a new person who has the deployments' own policies for people, and no other right. */
export async function personOf(account: Account, ...deployments: readonly Outputs[]): Promise<Record<string, string>> {
  const { AccessKeyId, SecretAccessKey } = (await account.rig("POST", `people/person-${randomUUID()}`, {
    policies: deployments.map((outputs) => outputs["PeoplePolicy"]),
  })) as Record<string, string>;
  return { ...account.administrator, AWS_ACCESS_KEY_ID: AccessKeyId!, AWS_SECRET_ACCESS_KEY: SecretAccessKey! };
}

/** Makes this process, its environment included, that person. */
export function actAs(person: Readonly<Record<string, string>>): void {
  Object.assign(process.env, person);
}

/** Whom this process acts as. Throws where it acts as nobody: what asks must have a person. */
export function ownKeys(): Keys {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
  if (!accessKeyId || !secretAccessKey) throw new Error("this process acts as nobody: call actAs(person) first");
  return { accessKeyId, secretAccessKey };
}
