/**
 * What tasks a second cost with nothing around them: two forked processes square numbers and encode them, this one
 * inserts a row for each into a SQLite file, a page a transaction. The measure that a foreach stands beside.
 */
import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "cbor-x";

const PAGE = 100;

/** Tasks a second. */
export async function bareLoop(folder, tasks) {
  const { default: Database } = await import("libsql");
  const database = new Database(join(folder, `bare-${process.hrtime.bigint()}.sqlite`));
  database.exec("pragma journal_mode = wal; pragma synchronous = normal");
  database.exec(
    "create table task (step text, place integer, status text, manifest blob, primary key (step, place)) without rowid",
  );
  const insert = database.prepare("insert into task values ('square', ?, 'succeeded', ?)");
  const workers = await Promise.all(
    [0, 1].map(async () => {
      const worker = fork(fileURLToPath(import.meta.url), ["worker"], { serialization: "advanced" });
      await new Promise((resolve) => worker.once("message", resolve));
      return worker;
    }),
  );

  const began = performance.now();
  let next = 0;
  await Promise.all(
    workers.map(async (worker) => {
      while (next < tasks) {
        const first = next;
        next = Math.min(next + PAGE, tasks);
        worker.send([first, next]);
        const rows = await new Promise((resolve) => worker.once("message", resolve));
        database.exec("begin");
        rows.forEach((manifest, i) => insert.run(first + i, manifest));
        database.exec("commit");
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  for (const worker of workers) worker.disconnect();
  database.close();
  return tasks / seconds;
}

if (process.argv[2] === "worker" && process.send) {
  process.on("message", ([from, to]) => {
    process.send(Array.from({ length: to - from }, (_, i) => encode({ squared: (from + i) ** 2 })));
  });
  process.send("ready");
}
