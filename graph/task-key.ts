export interface TaskKey {
  readonly step: string;
  readonly index: string;
}

export interface AttemptKey extends TaskKey {
  readonly attempt: number;
}
