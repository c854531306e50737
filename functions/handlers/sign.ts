import { openAccount, openSigning } from "./account.ts";
import { handleHttp } from "./http.ts";

/** URLs to read and write blobs by. */
export const handler = handleHttp({ sign: { ...openAccount(), ...openSigning() } });
