/**
 * Keeps the AWS SDK from warning, in every command that uses it, of a Node that it will support no longer: which Nodes
 * serve is ours to say. Called before it is loaded; a run with the local profile, whose tasks may use it, does without.
 */
export function silenceAwsSdk(): void {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
}
