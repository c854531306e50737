import { accountError } from "./account-error.ts";
import type { Credentials } from "./signature.ts";

let provider: (() => Promise<Credentials & { readonly expiration?: Date }>) | undefined;

/** The credentials of the person at this machine, found where every AWS tool finds them. Throws MillraceError `account.credentials`. */
export async function personalCredentials(): Promise<Credentials & { readonly expiresAt?: number }> {
  if (!provider) {
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    provider = defaultProvider();
  }
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provider();
    return { accessKeyId, secretAccessKey, sessionToken, ...(expiration && { expiresAt: expiration.getTime() }) };
  } catch (error) {
    throw accountError(error, "the account");
  }
}
