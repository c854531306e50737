/** A stretch of a CloudWatch stream; the times are milliseconds since the epoch. */
export interface LogStream {
  readonly group: string;
  readonly stream: string;
  readonly from?: number;
  readonly to?: number;
}
