import type { Graph, GraphNode, StepNode } from "../../graph/graph.ts";
import { describeOptions } from "./tree.ts";

/** Where an edge to what comes next begins: a node, with what stands on the edge. */
interface Exit {
  readonly from: string;
  readonly label?: string;
}

/** The graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html): foreachs and loops are boxes, switches diamonds. */
export function formatMermaid(graph: Graph): string {
  const lines: string[] = [];
  let count = 0;
  const add = (indent: string, text: string) => void lines.push(indent + text);
  const connect = (indent: string, exits: readonly Exit[], to: string) => {
    for (const { from, label } of exits)
      add(indent, `${from} -->${label === undefined ? "" : `|${quote(label)}|`} ${to}`);
  };
  const step = (indent: string, { name, options, type }: StepNode, exits: readonly Exit[]): Exit[] => {
    const id = `n${++count}`;
    const asked = describeOptions({ type, name, options });
    add(indent, `${id}[${quote(asked ? `${name}<br/>${asked}` : name)}]`);
    connect(indent, exits, id);
    return [{ from: id }];
  };
  const box = (indent: string, title: string, body: readonly GraphNode[], exits: readonly Exit[]): Exit[] => {
    add(indent, `subgraph s${++count}[${quote(title)}]`);
    const out = sequence(`${indent}  `, body, exits);
    add(indent, "end");
    return out;
  };
  const sequence = (indent: string, body: readonly GraphNode[], exits: readonly Exit[]): Exit[] =>
    body.reduce<readonly Exit[]>((before, node) => one(indent, node, before), exits) as Exit[];
  const one = (indent: string, node: GraphNode, exits: readonly Exit[]): Exit[] => {
    switch (node.type) {
      case "step":
        return step(indent, node, exits);
      case "foreach":
        return step(indent, node.join, box(indent, `foreach ${node.as} of ${node.over}`, node.body, exits));
      case "branch":
        return step(
          indent,
          node.join,
          node.branches.flatMap(({ name, body }) => box(indent, name, body, exits)),
        );
      case "switch": {
        const id = `n${++count}`;
        add(indent, `${id}{${quote(node.on)}}`);
        connect(indent, exits, id);
        const ways = [
          ...node.cases.map(({ value, body }) => ({ label: value, body })),
          ...(node.otherwise ? [{ label: "otherwise", body: node.otherwise }] : []),
        ];
        return ways.flatMap(({ label, body }) => sequence(indent, body, [{ from: id, label }]));
      }
      case "loop": {
        const id = `n${++count}`;
        add(indent, `${id}((" "))`);
        connect(indent, exits, id);
        const ends = box(indent, `loop, at most ${node.max} rounds`, node.body, [{ from: id }]);
        connect(
          indent,
          ends.map(({ from }) => ({ from, label: `while ${node.while}` })),
          id,
        );
        return ends;
      }
    }
  };
  add("  ", `begin(("start"))`);
  const ends = sequence("  ", graph.body, [{ from: "begin" }]);
  add("  ", `finish(("end"))`);
  connect("  ", ends, "finish");
  return ["flowchart TD", ...lines].join("\n");
}

/** Mermaid takes any text in quotes, with HTML's entities for what would end it. */
function quote(text: string): string {
  return `"${text.replaceAll('"', "&quot;").replace(/<(?!br\/>)/g, "&lt;")}"`;
}
