import { flow } from "millrace";

/** Flows whose code package somebody puts something else in the place of. */
export const Damaged = flow("Damaged").step("only", { retry: 1 }, () => ({ done: true }));

export const DamagedLambda = flow("DamagedLambda").step("only", { compute: "lambda" }, () => ({ done: true }));
