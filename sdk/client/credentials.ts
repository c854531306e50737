import { personalCredentials } from "../../aws/credentials.ts";
import { findHome } from "../../store/home/find-home.ts";
import { readServedStore, SERVED_KEY_ID } from "../../store/home/server-file.ts";
import { isOnThisMachine } from "./profiles.ts";

/**
 * What signs requests to an API: this person's AWS credentials; for a server of this machine (`millrace emulate`) the secret
 * that MILLRACE_SERVICE_SECRET holds, or that the store near the working directory does.
 */
export function credentialsFor(api: string): typeof personalCredentials {
  if (!isOnThisMachine(api)) return personalCredentials;
  return async () => {
    const secret = process.env["MILLRACE_SERVICE_SECRET"] || secretOf(api);
    if (secret) return { accessKeyId: SERVED_KEY_ID, secretAccessKey: secret };
    const { AWS_ACCESS_KEY_ID, AWS_PROFILE } = process.env;
    if (AWS_ACCESS_KEY_ID || AWS_PROFILE) return personalCredentials();
    // The server refuses it, and says where its secret is.
    return { accessKeyId: SERVED_KEY_ID, secretAccessKey: "unknown" };
  };
}

function secretOf(api: string): string | undefined {
  try {
    const served = readServedStore(findHome());
    return served?.url === api ? served.secret : undefined;
  } catch {
    // There is no store here, or more than one.
    return undefined;
  }
}
