/** Carries the token of the attempt that speaks; of a person who removes another's flow, the production token. */
export const TASK_TOKEN_HEADER = "millrace-token";
