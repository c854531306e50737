import { randomFillSync } from "node:crypto";
import { flow } from "millrace";

/** Both steps print the time: the first when it has the bytes and returns them, the second when it has them again. */
export default flow("Artifact")
  .step("write", () => {
    const bytes = new Uint8Array(100_000_000);
    for (let at = 0; at < bytes.length; at += 50_000_000) randomFillSync(bytes, at, 50_000_000);
    console.log(performance.timeOrigin + performance.now());
    return { bytes };
  })
  .step("read", ({ bytes }) => {
    const length = bytes.byteLength;
    console.log(performance.timeOrigin + performance.now());
    return { length };
  });
