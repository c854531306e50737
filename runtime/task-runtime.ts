/** What goes into every code package: how a container of Batch carries out a task, and how the flow's function does. */
export { runContainer } from "./container/container.ts";
export { handler } from "./lambda/handler.ts";
