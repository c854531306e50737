import type { Graph, GraphNode, StepNode } from "../../graph/graph.ts";
import { describeOptions } from "./tree.ts";

/** Where an edge to what comes next begins: a node, with what stands on the edge. */
interface Exit {
  readonly from: string;
  readonly label?: string;
}

/** The graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html): foreachs and loops are boxes, switches diamonds. */
export function formatMermaid(graph: Graph): string {
  return ["flowchart TD", ...new Flowchart(graph).lines].join("\n");
}

class Flowchart {
  readonly lines: string[] = [];
  #count = 0;

  constructor(graph: Graph) {
    this.#add("  ", `begin(("start"))`);
    const ends = this.#sequence("  ", graph.body, [{ from: "begin" }]);
    this.#add("  ", `finish(("end"))`);
    this.#connect("  ", ends, "finish");
  }

  #sequence(indent: string, body: readonly GraphNode[], exits: readonly Exit[]): readonly Exit[] {
    return body.reduce((before, node) => this.#node(indent, node, before), exits);
  }

  #node(indent: string, node: GraphNode, exits: readonly Exit[]): readonly Exit[] {
    switch (node.type) {
      case "step":
        return this.#step(indent, node, exits);
      case "foreach": {
        const box = { title: `foreach ${node.as} of ${node.over}`, body: node.body };
        return this.#step(indent, node.join, this.#box(indent, box, exits));
      }
      case "branch": {
        const ends = node.branches.flatMap(({ name, body }) => this.#box(indent, { title: name, body }, exits));
        return this.#step(indent, node.join, ends);
      }
      case "switch": {
        const from = this.#shape(indent, `{${quote(node.on)}}`, exits);
        const ways = [
          ...node.cases.map(({ value, body }) => ({ label: value, body })),
          ...(node.otherwise ? [{ label: "otherwise", body: node.otherwise }] : []),
        ];
        return ways.flatMap(({ label, body }) => this.#sequence(indent, body, [{ from, label }]));
      }
      case "loop": {
        const from = this.#shape(indent, `((" "))`, exits);
        const box = { title: `loop, at most ${node.max} rounds`, body: node.body };
        const ends = this.#box(indent, box, [{ from }]);
        const again = ends.map((end) => ({ from: end.from, label: `while ${node.while}` }));
        this.#connect(indent, again, from);
        return ends;
      }
    }
  }

  #step(indent: string, { name, options, type }: StepNode, exits: readonly Exit[]): readonly Exit[] {
    const asked = describeOptions({ type, name, options });
    return [{ from: this.#shape(indent, `[${quote(asked ? `${name}<br/>${asked}` : name)}]`, exits) }];
  }

  #box(
    indent: string,
    { title, body }: { readonly title: string; readonly body: readonly GraphNode[] },
    exits: readonly Exit[],
  ): readonly Exit[] {
    this.#add(indent, `subgraph s${++this.#count}[${quote(title)}]`);
    const ends = this.#sequence(`${indent}  `, body, exits);
    this.#add(indent, "end");
    return ends;
  }

  /** Answers the id of a node that the exits lead to. */
  #shape(indent: string, shape: string, exits: readonly Exit[]): string {
    const id = `n${++this.#count}`;
    this.#add(indent, id + shape);
    this.#connect(indent, exits, id);
    return id;
  }

  #connect(indent: string, exits: readonly Exit[], to: string): void {
    for (const { from, label } of exits)
      this.#add(indent, `${from} -->${label === undefined ? "" : `|${quote(label)}|`} ${to}`);
  }

  #add(indent: string, text: string): void {
    this.lines.push(indent + text);
  }
}

/** Mermaid takes any text in quotes, with HTML's entities for what would end it. */
function quote(text: string): string {
  return `"${text.replaceAll('"', "&quot;").replace(/<(?!br\/>)/g, "&lt;")}"`;
}
