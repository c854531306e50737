import { openS3Blobs } from "../../store/blobs/s3/s3-blobs.ts";
import { openSigning } from "./account.ts";
import { setting } from "./setting.ts";
import { handleHttp } from "./http.ts";

/** URLs to read and write blobs by. */
export const handler = handleHttp({
  sign: { blobs: openS3Blobs({ bucket: setting("MILLRACE_BUCKET") }), ...openSigning(), now: Date.now },
});
