/** Sessions that an SDK or a tool names by itself, anew whenever it renews its credentials: they tell nobody apart. */
const UNNAMED = /^(?:aws-sdk-js(?:-session)?-\d+|aws-sdk-java-\d+|aws-go-sdk-\d+|botocore-session-\d+|AWSCLI-Session)$/;

/** Whom an ARN that API Gateway tells stands for: a user, a role's named session, or the role where its sessions have no names. */
export function principalOf(arn: string | undefined): string | undefined {
  const [, role, session] = /^(arn:[\w-]+:sts::\d*:assumed-role\/.+)\/([^/]+)$/.exec(arn ?? "") ?? [];
  return role !== undefined && UNNAMED.test(session!) ? role : arn;
}

/** Whether it is a session of one of these roles, by their names. */
export function isOfRole(arn: string | undefined, roles: readonly string[]): boolean {
  const [, name] = /^arn:[\w-]+:sts::\d*:assumed-role\/(?:.+\/)?([^/]+)\/[^/]+$/.exec(arn ?? "") ?? [];
  return name !== undefined && roles.includes(name);
}
