import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repository } from "../support/source-files.ts";
import { sls } from "./deployed.ts";
import { CALLS, WHO, WILDCARDS } from "./why-rights.ts";

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
interface Policy {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}
interface Holder {
  readonly name: string;
  readonly trusts: string | undefined;
  readonly statements: readonly Statement[];
  readonly managed: readonly string[];
}

describe("the rights that the template gives", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-rights-"));
  let holders: readonly Holder[];

  beforeAll(async () => {
    await sls(["package", "--package", folder]);
    const text = readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8");
    const { Resources } = JSON.parse(text) as {
      Resources: Record<string, { readonly Type: string; readonly Properties: Record<string, any> }>;
    };
    holders = Object.entries(Resources)
      .filter(([, { Type }]) => Type === "AWS::IAM::Role" || Type === "AWS::IAM::ManagedPolicy")
      .map(([name, { Type, Properties }]) => ({
        name,
        trusts: Properties["AssumeRolePolicyDocument"]?.Statement[0].Principal.Service as string | undefined,
        statements: (Type === "AWS::IAM::Role"
          ? ((Properties["Policies"] ?? []) as Policy[])
          : [Properties as Policy]
        ).flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
        managed: ((Properties["ManagedPolicyArns"] ?? []) as unknown[]).map(nameOf),
      }))
      .toSorted((a, b) => Object.keys(WHO).indexOf(a.name) - Object.keys(WHO).indexOf(b.name));
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("have each a call that needs it, and each call that is listed needs one", () => {
    const used = new Set(
      holders.flatMap(({ name, statements }) => statements.flatMap((one) => callsOf(name, one).map(({ key }) => key))),
    );
    expect([...used].toSorted()).toEqual(Object.keys(CALLS).toSorted());
    expect(holders.map(({ name }) => name)).toEqual(Object.keys(WHO));
  });

  test("are needed by the files that are named, which make the call", () => {
    const wrong = Object.entries(CALLS).filter(([key, [call, , by]]) => {
      if (call.startsWith("https://docs.aws.amazon.com/")) return false;
      const path = join(repository, call);
      return !existsSync(path) || !readFileSync(path, "utf8").includes(by ?? key.split(":")[1]!);
    });
    expect(wrong).toEqual([]);
  });

  test("end with a star only for a reason, and no reason is listed that nothing needs", () => {
    const found = holders.flatMap(({ name, statements }) =>
      statements.flatMap(({ Action, Resource }) => [
        ...[Action]
          .flat()
          .filter((action) => action.includes("*"))
          .map((action) => `${name} does ${action}`),
        ...[Resource]
          .flat()
          .map(nameOf)
          .filter((one) => one.includes("*"))
          .map((one) => `${name} ${one}`),
      ]),
    );
    expect([...new Set(found)].toSorted()).toEqual(Object.keys(WILDCARDS).toSorted());
  });

  test("come with no policy of AWS's own, which are for everybody", () => {
    expect(holders.filter(({ managed }) => managed.length > 0)).toEqual([]);
  });

  test("are what docs/iam.md says (npx vitest run test/aws/rights.test.ts -u makes it anew)", async () => {
    await expect(page(holders)).toMatchFileSnapshot(join(repository, "docs", "iam.md"));
  });
});

function callsOf(holder: string, { Action }: Statement) {
  return [Action].flat().map((action) => {
    const key = Object.hasOwn(CALLS, `${holder} ${action}`) ? `${holder} ${action}` : action;
    const [call = "", why = ""] = CALLS[key] ?? [];
    return { key, action, call, why };
  });
}

function page(holders: readonly Holder[]): string {
  return [
    "# Who may do what in the account",
    "",
    "Every right that the template gives, made from the template of the stage `dev`. A right that is not here is not given. After",
    "a resource that ends with a star stands why it does.",
    ...holders.flatMap(section),
    "",
  ].join("\n");
}

function section({ name, trusts, statements, managed }: Holder): string[] {
  return [
    "",
    `## ${name}`,
    "",
    `${WHO[name]}.${trusts === undefined ? "" : ` Only \`${trusts}\` takes on this role.`}`,
    ...managed.map((arn) => `\nAWS's own policy \`${arn}\`.`),
    ...(statements.length === 0 ? [] : ["", "| may | on | for |", "| --- | --- | --- |"]),
    ...statements.map((one) => `| ${actions(one)} | ${resources(name, one)} | ${reasons(name, one)} |`),
  ];
}

const actions = ({ Action }: Statement) =>
  [Action]
    .flat()
    .map((action) => `\`${action}\``)
    .join("<br>");

function resources(holder: string, { Resource, Condition }: Statement): string {
  const named = [Resource]
    .flat()
    .map(nameOf)
    .map((one) => {
      const why = WILDCARDS[`${holder} ${one}`];
      return `\`${one}\`${why === undefined ? "" : ` (${why})`}`;
    });
  const only = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => `only where \`${key}\` ${operator} \`${JSON.stringify(value)}\``),
  );
  return [...named, ...only].join("<br>");
}

function reasons(holder: string, statement: Statement): string {
  const byCall = new Map<string, Set<string>>();
  for (const { call, why } of callsOf(holder, statement))
    byCall.set(call, (byCall.get(call) ?? new Set<string>()).add(why));
  const named = (call: string) => (call.startsWith("https:") ? `[AWS](${call})` : `\`${call}\``);
  return Array.from(byCall, ([call, why]) => `${[...why].join("; ")} (${named(call)})`).join("<br>");
}

/** A resource without the beginning that every ARN has. */
function nameOf(resource: unknown): string {
  if (typeof resource === "string") return resource;
  const { "Fn::Sub": text, "Fn::If": chosen, Ref, "Fn::GetAtt": attribute } = resource as Record<string, any>;
  if (attribute) return [attribute].flat().join(".");
  if (chosen) return `${nameOf(chosen[1])} if ${chosen[0]}`;
  return String(text ?? Ref).replace(
    /^arn:\$\{AWS::Partition\}:([\w-]+):\$\{AWS::Region\}:\$\{AWS::AccountId\}:/,
    "$1:",
  );
}
