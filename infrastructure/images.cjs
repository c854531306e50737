/** What a repository of the account's own registry may be called, or the beginning of several: `orders`, `team/*`. */
const REPOSITORY = /^[a-z0-9]+([._/-]+[a-z0-9]+)*(\/\*)?$/;

/** An image in a registry of ECR. */
const OWN = /^\d{12}\.dkr\.ecr\.[^/]+\/([^:@]+)/;

/** The repositories that images are pulled from: for the functions' environment, and for the rights of those who pull. */
module.exports = async function images({ resolveVariable }) {
  const [given, image] = [await resolveVariable("param:imageRepositories"), await resolveVariable("param:image")];
  const named = given.split(",").filter((one) => one !== "");
  for (const one of named)
    if (!REPOSITORY.test(one))
      throw new Error(
        `imageRepositories can't have ${JSON.stringify(one)}: write names of repositories in the account's own registry, such as orders or orders,team/*`,
      );
  const [, standard] = OWN.exec(image) ?? [];
  const repositories = [...new Set([...named, ...(standard === undefined ? [] : [standard])])];
  return { repositories: repositories.join(","), resources: repositories.length > 0 ? rights(repositories) : {} };
};

function rights(repositories) {
  const arnOf = (one) => ({
    "Fn::Sub": `arn:\${AWS::Partition}:ecr:\${AWS::Region}:\${AWS::AccountId}:repository/${one}`,
  });
  const Statement = [
    { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" },
    {
      Effect: "Allow",
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
      Resource: repositories.map(arnOf),
    },
  ];
  const PolicyDocument = { Version: "2012-10-17", Statement };
  const Properties = { PolicyName: "images", Roles: [{ Ref: "ExecutionRole" }], PolicyDocument };
  return { Resources: { ImagesPolicy: { Type: "AWS::IAM::Policy", Properties } } };
}
