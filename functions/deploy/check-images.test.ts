import { expect, test } from "vitest";
import { flow } from "../../sdk/index.ts";
import { checkImages } from "./check-images.ts";

const REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const refused = (image: string) =>
  checkImages(flow("Orders").step("pay", { image }, () => ({})).graph, ["orders", "team/*"]);

test.each([
  `${REGISTRY}/orders:1`,
  `${REGISTRY}/orders@sha256:${"0".repeat(64)}`,
  `${REGISTRY}/team/a/b`,
  "python:3.12",
])("a step may have the image %s", (image) => {
  expect(refused(image)).toEqual([]);
});

test.each([
  ["orders-2:1", "orders-2"],
  ["team:1", "team"],
  ["teams/a:1", "teams/a"],
])(
  "attack: a step whose image is of a repository that the deployment was not told of is refused: %s",
  (image, repository) => {
    expect(refused(`${REGISTRY}/${image}`)).toEqual([
      expect.objectContaining({
        code: "step.image",
        message: `its image is in the repository ${repository}, which the deployment may not pull from`,
        hint: `Name the repository: npx sls deploy --param imageRepositories=orders,team/*,${repository}`,
      }),
    ]);
  },
);
