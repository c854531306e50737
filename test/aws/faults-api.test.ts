import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { SignResponse, StartedTask } from "../../functions/api/contract.ts";
import { routes } from "../../functions/api/routes.ts";
import { type Upload } from "../../store/blobs/signer.ts";
import { hashOf, md5Of } from "../../store/blobs/hash.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import { readAttemptLog } from "../../aws/logs/cloudwatch-log.ts";
import { Damaged, DamagedLambda } from "../support/damaged-flows.ts";
import { Patient } from "../support/fault-flows.ts";
import { startProof } from "../../statemachines/contract/start-proof.ts";
import { isSkipped } from "./account.ts";
import { borrowAccount } from "./lent.ts";
import { ask, openLent, type Deployed } from "./deployed.ts";
import { clientOf } from "./stack.ts";

const account = await borrowAccount();

describe.skipIf(isSkipped(account))("where calls fail in an account", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  let service: Deployed;

  beforeAll(async () => {
    service = await openLent(account);
    await service.deploy(Patient, Damaged);
  }, 240_000);
  afterEach(() => account.rig("DELETE", "faults"));
  afterAll(() => service.close());

  describe("a run loses nothing, and runs nothing twice,", () => {
    const http = (route: string, ...answers: object[]) =>
      answers.map((answer) => ({ target: "http", match: `POST /\\w+/${route}$`, ...answer }));
    const aws = (operation: string, ...answers: object[]) =>
      answers.map((answer) => ({ target: "aws", match: operation, ...answer }));
    const busy = { status: 400, code: "ThrottlingException", times: 2 };
    const lost = { status: 500, after: true };

    test.each([
      [
        "while tasks can't begin",
        http("runs/Patient/\\d+/tasks/start", { status: 500, times: 2 }, { status: 429 }, { status: 503 }, lost),
      ],
      [
        "while they can't report",
        http("runs/Patient/\\d+/tasks/finish", { status: 503, times: 2 }, { status: 429 }, lost, lost),
      ],
      ["while nothing is signed", http("runs/Patient/\\d+/tasks/sign", { status: 429, times: 2 }, { status: 500 })],
      ["while the trigger's answers are lost", http("flows/Patient/runs", { status: 502 }, lost)],
      [
        "while the table is busy, and where its answers are lost",
        [
          ...aws("dynamodb:(Get|Put|Update)Item$", busy),
          ...aws("dynamodb:PutItem$", lost, lost),
          ...aws("dynamodb:UpdateItem$", lost, lost),
        ],
      ],
      [
        "while Step Functions is busy, and where its answer is lost",
        aws("states:StartExecution$", { status: 400, code: "ThrottlingException" }, lost),
      ],
      [
        "while the store slows down",
        [...aws("s3:GET .*/blobs/", { status: 503, code: "SlowDown", times: 3 }), ...aws("s3:PUT .*/blobs/", lost)],
      ],
      ["while uploads are cut in the middle", aws("s3:PUT .*/blobs/", { cut: 50_000, times: 3 })],
    ])("%s", async (_, faults) => {
      const before = (await service.client.runs.listRuns({ flow: "Patient" })).items.length;
      for (const fault of faults) await account.rig("POST", "faults", fault);
      const place = mkdtempSync(join(service.home, "run-"));
      writeFileSync(join(place, "journal"), "");
      const { status, artifacts, tasks, run } = await service.carryOut(Patient, { place });
      expect(status).toBe("succeeded");
      expect(readFileSync(join(place, "journal"), "utf8")).toBe("start\nmiddle\nend\n");
      expect([...tasks("start"), ...tasks("middle"), ...tasks("end")].map(({ attempts }) => attempts)).toEqual([
        1, 1, 1,
      ]);
      const { numbers, sum } = artifacts("end");
      expect(Array.from(numbers.slice(0, 3))).toEqual([0, 1, 2].map((i) => Math.sin(i + run)));
      expect(sum).toBeCloseTo(numbers.length + numbers.reduce((a, b) => a + b, 0), 6);
      expect((await service.client.runs.listRuns({ flow: "Patient" })).items).toHaveLength(before + 1);
      expect(await account.rig("GET", "faults"), "faults that nothing met").toEqual([]);
    });
  });

  test("a deployment whose writes' answers are lost is one version, and keeps nobody from the next", async () => {
    for (const operation of ["PutItem", "PutItem", "UpdateItem"])
      await account.rig("POST", "faults", { target: "aws", match: `dynamodb:${operation}$`, status: 500, after: true });
    const { version } = await service.client.readFlow("Patient");
    await service.deploy(Patient);
    await account.rig("DELETE", "faults");
    await service.deploy(Patient);
    expect((await service.client.readFlow("Patient")).version).toBe(version + 2);
  });

  describe("a code package that is not what its hash says", () => {
    beforeAll(async () => {
      const { codePackage } = await service.client.readFlow("Damaged");
      const { codePackage: other } = await service.client.readFlow("Patient");
      await new S3Client({ ...clientOf(account), forcePathStyle: true }).send(
        new PutObjectCommand({
          Bucket: service.outputs["Bucket"],
          Key: `blobs/${codePackage}`,
          Body: service.client.readBlob(other),
        }),
      );
    });

    test("is not run by a container, whose log says why", async () => {
      const run = await service.carryOut(Damaged);
      expect(run.status).toBe("failed");
      expect(run.error).toMatchObject({ name: "DamagedCode", message: expect.stringMatching(/^only\/0: /) as string });
      const attempts = await service.attempts(run, "only");
      expect(attempts.at(-1)).toMatchObject({ status: "failed" });
      const log: Uint8Array[] = [];
      const stored = (await service.client.runs.readRun(run))!;
      for await (const piece of readAttemptLog(
        { region: "us-east-1", outputs: service.outputs },
        stored,
        attempts.at(-1)!,
      ))
        log.push(piece);
      expect(Buffer.concat(log).toString()).toMatch(/The code package is damaged: its SHA-256 is \w{64}, not \w{64}/);
    });

    test("becomes no function of a flow's own", async () => {
      await expect(service.deploy(DamagedLambda)).rejects.toMatchObject({ code: "blob.damaged" });
    });
  });

  describe("an attempt speaks for itself alone:", () => {
    type OwnRun = Run & { readonly secret: string };
    /** A run whose tasks this test carries out itself. */
    async function ownRun(): Promise<OwnRun> {
      const { codePackage } = await service.client.readFlow("Patient");
      const owner = { host: "here", pid: process.pid };
      const given = { engine: "client", graph: Patient.graph, codePackage, parameters: {}, controls: [], tags: [] };
      return (await ask(service.api, "POST /flows/Patient/runs", { content: { ...given, user: "ann", owner } }))
        .answer as OwnRun;
    }
    const say = ({ flow, run, token = "" }: Run & { token?: string }, action: string, content: unknown) =>
      ask(service.api, `POST /runs/${flow}/${run}/tasks/${action}`, { content, headers: { "millrace-token": token } });
    const start = async (run: OwnRun, by: string, step = "start") => {
      const proof = startProof(run.secret, step, "0");
      return (await say(run, "start", { step, index: "0", by, proof })).answer as StartedTask;
    };
    const report = ({ base }: StartedTask, own: object = {}) => ({ status: "succeeded", base, own, controls: [] });
    async function signUpload(run: Run, { token }: StartedTask, bytes: Buffer) {
      const [hash, size] = [hashOf([bytes]), bytes.length];
      const { answer } = await say({ ...run, token }, "sign", { reads: [], writes: [{ hash, size }] });
      const left = [{ hash, md5: md5Of([bytes]) }];
      return { hash, upload: (answer as SignResponse).writes[hash]!, ref: { size, blob: hash }, left };
    }
    const send = async ({ url, headers }: Upload, body: Buffer) =>
      (await fetch(url, { method: "PUT", headers, body })).status;

    const taskRoutes = Object.values(routes).filter(({ caller }) => caller !== "person");
    test.each(taskRoutes.map(({ route }) => route))("unsigned, nothing is answered: %s", async (route) => {
      const [method = "", path = ""] = route.split(" ");
      const url = service.api + path.replace("{flow}", "Patient").replace("{run}", "1");
      expect((await fetch(url, { method, body: "{}" })).status).toBe(403);
    });

    test.each([
      ["finish", { status: "succeeded", base: {}, own: {}, controls: [] }],
      ["heartbeat", {}],
      ["branches", { from: 0 }],
      ["sign", { reads: [], writes: [] }],
    ])("to %s takes a token, unchanged, of that very run", async (action, body) => {
      const [run, other] = [await ownRun(), await ownRun()];
      const { token } = await start(other, "other");
      const [key, claims = "", signature] = (await start(run, "own")).token.split(".");
      const changed = Buffer.from(claims, "base64url").toString().replace('"index":"0"', '"index":"1"');
      for (const wrong of ["", token, `${key}.${Buffer.from(changed).toString("base64url")}.${signature}`]) {
        expect(await say({ ...run, token: wrong }, action, body)).toMatchObject({
          status: 403,
          answer: { code: "token.invalid" },
        });
      }
    });

    test("the token of the attempt before reports nothing, and reads nothing by its successor's grants", async () => {
      const run = await ownRun();
      const before = await start(run, "own");
      const bytes = Buffer.alloc(50_000, `of run ${run.run} `);
      const { upload, ref, hash, left } = await signUpload(run, before, bytes);
      expect(await send(upload, bytes)).toBe(200);
      await say({ ...run, token: before.token }, "finish", { ...report(before, { numbers: ref }), blobs: left });

      const first = await start(run, "first", "middle");
      const second = await start(run, "second", "middle");
      expect([first.attempt, second.attempt]).toEqual([1, 2]);
      expect(await say({ ...run, token: first.token }, "finish", report(first))).toMatchObject({
        status: 409,
        answer: { code: "attempt.refused", detail: expect.stringContaining("attempt 2 took its place") as string },
      });
      expect((await say({ ...run, token: first.token }, "heartbeat", {})).answer).toEqual({ alive: false });
      const { grant } = second.reads.find((one) => one.hash === hash)!;
      const read = (token: string) => say({ ...run, token }, "sign", { reads: [{ hash, grant }], writes: [] });
      expect(await read(first.token)).toMatchObject({ status: 403, answer: { code: "grant.invalid" } });
      expect((await read(second.token)).status).toBe(200);
      expect((await say({ ...run, token: second.token }, "finish", report(second))).answer).toEqual({
        state: "accepted",
      });
    });

    test("half of an upload is nothing: it can't be read, and the task can't leave it", async () => {
      const run = await ownRun();
      const task = await start(run, "own");
      const bytes = Buffer.alloc(100_000, "half and half ");
      const { upload, ref, hash, left } = await signUpload(run, task, bytes);
      await sendHalf(upload, bytes);
      expect(() => service.client.readBlob(hash)).toThrow(/could not be read: status 404/);
      const told = { ...report(task, { large: ref }), blobs: left };
      const finish = () => say({ ...run, token: task.token }, "finish", told);
      expect(await finish()).toMatchObject({ answer: { code: "artifact.notStored" } });
      expect(await send(upload, bytes)).toBe(200);
      expect((await finish()).answer).toEqual({ state: "accepted" });
      expect(Buffer.from(service.client.readBlob(hash)).equals(bytes)).toBe(true);
    });
  });
});

/** Promises the whole, sends half of it, and hangs up. */
function sendHalf({ url, headers }: Upload, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const sending = request(url, { method: "PUT", headers: { ...headers, "content-length": bytes.length } });
    sending.on("error", () => {});
    sending.on("close", () => resolve());
    sending.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => sending.destroy(), 50));
  });
}
