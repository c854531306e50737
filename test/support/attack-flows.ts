import { flow } from "millrace";

/** What is attacked, and what the attacker deployed. */
export const Victim = flow("Victim")
  .step("start", () => ({ secret: "do not tell" }))
  .step("end", () => ({}));
export const Attacker = flow("Attacker").step("start", () => ({}));
/** Whose attempts a test has for itself. */
export const Kept = flow("Kept")
  .step("start", () => ({}))
  .step("end", () => ({}));
