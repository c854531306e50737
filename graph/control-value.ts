/** What a state machine must know of a value to choose its way: a foreach's width, a switch's case, a loop's condition. */
export interface ControlKey {
  /** The graph node: a join's name for a foreach, else the node's id. */
  readonly node: string;
  readonly index: string;
}
export interface Control extends ControlKey {
  readonly value: ControlValue;
}
export type ControlValue =
  | { readonly type: "foreach"; readonly width: number; readonly pages: readonly string[]; readonly pageSize: number }
  | { readonly type: "switch"; readonly case: string }
  | {
      readonly type: "loop";
      readonly again: boolean;
      /** It ends only because it may go no more rounds. */ readonly bound?: true;
    };
