import * as crypto from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { signRequest } from "../../aws/signature.ts";
import type { Place } from "../cli-harness.ts";

export interface Served {
  readonly url: string;
  readonly server: ReturnType<Place["start"]>;
  /** The same folder by commands that use the server. */
  readonly place: Place;
  /** The headers that sign a request as the server's own user does, or as somebody who guesses the secret. */
  sign(path: string, options?: ToSign): Record<string, string>;
  send(path: string, options?: ToSign): Promise<Response>;
}

interface ToSign {
  readonly method?: string;
  readonly body?: string;
  readonly secret?: string;
  readonly at?: Date;
}

/** `millrace emulate` in the place, once it listens. */
export async function serve(place: Place): Promise<Served> {
  const server = place.start("emulate", "--port", "0");
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    server.child.stdout!.on("data", (chunk: Buffer) => {
      const [, found] = /MILLRACE_SERVICE_URL=(\S+)\n/.exec((said += chunk.toString())) ?? [];
      if (found) resolve(found);
    });
    void server.ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  const sign: Served["sign"] = (path, { method = "GET", body, secret = secretIn(place), at } = {}) => {
    const request = { method, url: url + path, body, region: "us-east-1", at };
    return signRequest(crypto, request, { accessKeyId: "emulated", secretAccessKey: secret });
  };
  return {
    url,
    server,
    place: place.with({ MILLRACE_SERVICE_URL: url }),
    sign,
    send(path, options = {}) {
      const { method = "GET", body } = options;
      return fetch(url + path, { method, headers: sign(path, options), ...(body !== undefined && { body }) });
    },
  };
}

function secretIn({ folder }: Place): string {
  const { secret } = JSON.parse(readFileSync(join(folder, ".millrace", "server.json"), "utf8")) as { secret: string };
  return secret;
}
