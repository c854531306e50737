/** The beginning of a secret's or a parameter's name: a folder of them, so that no other's name begins so. */
const PREFIX = /^[\w.+=@-]+(\/[\w.+=@-]+)*\/$/;

/** Whose secrets containers may be started with, beside each flow's own: for the functions' environment, and as ARNs. */
module.exports = async function secrets({ resolveVariable }) {
  const [stage, given] = [await resolveVariable("self:custom.stage"), await resolveVariable("param:secretsPrefix")];
  const shared = given.split(",").filter((one) => one !== "");
  for (const one of shared) {
    if (!PREFIX.test(one))
      throw new Error(
        `secretsPrefix can't have ${JSON.stringify(one)}: write beginnings of names that end with a slash, such as shared/ or shared/,team/data/`,
      );
    // Flows' own secrets are there, of this stage and of others.
    if (one.startsWith("millrace/"))
      throw new Error(
        `secretsPrefix can't have ${JSON.stringify(one)}: a flow's steps may refer to millrace/${stage}/FLOW/ without it, and to no other flow's`,
      );
  }
  const all = [`millrace/${stage}/`, ...shared];
  const arns = (kind) =>
    all.map((beginning) => ({
      "Fn::Sub": `arn:\${AWS::Partition}:${kind}${beginning}*`.replace(
        /:(secretsmanager|ssm):/,
        ":$1:${AWS::Region}:${AWS::AccountId}:",
      ),
    }));
  return { shared: shared.join(","), secrets: arns("secretsmanager:secret:"), parameters: arns("ssm:parameter/") };
};
