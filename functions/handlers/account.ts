import { openS3Keys } from "../../aws/s3/s3-keys.ts";
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
    keys: openS3Keys({ bucket, current: "keys/task-tokens", previous: "keys/task-tokens-previous" }),
  };
}
