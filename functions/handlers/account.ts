import { openS3Key } from "../../aws/s3/key.ts";
import { openS3Signer } from "../../aws/s3/s3-signer.ts";
import { graphCache } from "../api/graph-cache.ts";
import { openS3Blobs } from "../../store/blobs/s3/s3-blobs.ts";
import { openDynamoLedger } from "../../store/ledger/dynamodb/dynamodb-ledger.ts";
import { numberSetting, setting } from "./setting.ts";

/** The ports that most functions share, opened once for each execution environment. */
export function openAccount() {
  const bucket = setting("MILLRACE_BUCKET");
  const blobs = openS3Blobs({ bucket });
  return {
    blobs,
    ledger: openDynamoLedger({ table: setting("MILLRACE_TABLE"), blobs }),
    lineageOf: graphCache(blobs),
    now: Date.now,
  };
}

/** What makes URLs and tokens. */
export function openSigning() {
  const bucket = setting("MILLRACE_BUCKET");
  return {
    signer: openS3Signer({
      bucket,
      keyOf: (hash) => `blobs/${hash}`,
      maxBytes: numberSetting("MILLRACE_MAX_UPLOAD_MIB") * 1024 ** 2,
    }),
    key: openS3Key({ bucket, at: "keys/task-tokens" }),
  };
}
