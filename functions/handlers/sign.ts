import { openS3Blobs } from "../blobs/s3.ts";
import { openSigning } from "./account.ts";
import { setting } from "./setting.ts";
import { handleHttp } from "./http.ts";

/** URLs to read and write blobs by. */
export const handler = handleHttp({
  signing: { blobs: openS3Blobs({ bucket: setting("MILLRACE_BUCKET") }), ...openSigning(), now: Date.now },
});
