import { CopyObjectCommand, DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openS3Keys } from "../../aws/s3/s3-keys.ts";
import type { SignResponse, StartedTask } from "../../functions/api/contract.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { startProof } from "../../statemachines/contract/start-proof.ts";
import { hashOf, md5Of } from "../../store/blobs/hash.ts";
import { Kept } from "../support/attack-flows.ts";
import { isSkipped } from "./account.ts";
import { ask, openLent, type Deployed } from "./deployed.ts";
import { borrowAccount } from "./lent.ts";
import { clientOf } from "./stack.ts";

const account = await borrowAccount();

describe.skipIf(isSkipped(account))("attack: what a task keeps in the account", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  let service: Deployed;
  let codePackage: string;

  beforeAll(async () => {
    service = await openLent(account);
    await service.deploy(Kept);
    ({ codePackage } = await service.client.readFlow("Kept"));
  }, 240_000);
  afterAll(() => account.stop());

  async function begin() {
    const owner = { host: "here", pid: process.pid };
    const given = { graph: Kept.graph, codePackage, parameters: {}, controls: [], tags: [], user: "ann", owner };
    const { flow: name, run, secret = "" } = await service.client.own.create(given);
    const tasks = `POST /runs/${name}/${run}/tasks`;
    const proof = startProof(secret, "start", "0");
    const begun = await ask(service.api, `${tasks}/start`, {
      content: { step: "start", index: "0", by: "test", proof },
    });
    const { token, base } = begun.answer as StartedTask;
    const say = (action: string, content: object) =>
      ask(service.api, `${tasks}/${action}`, { content, headers: { "millrace-token": token } });
    return { key: { flow: name, run } satisfies RunKey, base, say };
  }

  test("a task that knows a hash cannot leave another flow's blob, asks it to store it or not", async () => {
    const victim = await begin();
    const bytes = Buffer.alloc(50_000, `of run ${victim.key.run} `);
    const [hash, size] = [hashOf([bytes]), bytes.length];
    const { answer } = await victim.say("sign", { reads: [], writes: [{ hash, size }] });
    const { url, headers } = (answer as SignResponse).writes[hash]!;
    expect((await fetch(url, { method: "PUT", headers, body: bytes })).status).toBe(200);

    const attacker = await begin();
    const stored = await attacker.say("sign", { reads: [], writes: [{ hash, size }] });
    expect(stored).toMatchObject({ status: 200, answer: { writes: {} } });
    const report = { status: "succeeded", base: attacker.base, own: { mine: { blob: hash, size } }, controls: [] };
    for (const blobs of [undefined, [{ hash }], [{ hash, md5: md5Of([Buffer.from("a guess")]) }]])
      expect(await attacker.say("finish", { ...report, ...(blobs && { blobs }) })).toMatchObject({
        status: 403,
        answer: { code: "grant.invalid" },
      });
    // Who has the bytes has nothing to learn.
    const known = { ...report, blobs: [{ hash, md5: md5Of([bytes]) }] };
    expect((await attacker.say("finish", known)).answer).toEqual({ state: "accepted" });
  });

  test("a task that outlives its run has nothing signed any more", async () => {
    const { key, say } = await begin();
    await service.client.own.finish(key, { status: "succeeded" });
    expect(await say("sign", { reads: [], writes: [] })).toMatchObject({ status: 409, answer: { code: "run.over" } });
    expect((await say("heartbeat", {})).answer).toEqual({ alive: false });
  });

  test("a token of a key that was withdrawn is known no more, and one of the previous key still is", async () => {
    const s3 = new S3Client({ ...clientOf(account), forcePathStyle: true });
    const { Bucket: bucket = "" } = service.outputs;
    const clock = { now: 0 };
    const places = { bucket, current: "keys/of-a-test", previous: "keys/of-a-test-previous" };
    const keys = openS3Keys({
      ...places,
      client: { ...clientOf(account), forcePathStyle: true },
      now: () => clock.now,
    });
    const first = await keys.current();
    expect(await keys.find(first.id)).toEqual(first);

    const CopySource = `${bucket}/${places.current}`;
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: places.previous, CopySource }));
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: places.current }));
    clock.now += 5 * 60_000;
    const second = await keys.current();
    expect(second.id).not.toBe(first.id);
    expect(await keys.find(first.id)).toEqual(first);

    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: places.previous }));
    clock.now += 5 * 60_000;
    expect(await keys.find(first.id)).toBeUndefined();
    expect(await keys.current()).toEqual(second);
  });
});
